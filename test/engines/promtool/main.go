// Prometheus 3's promtool, as far as rules go, without its service discovery, which takes half an hour to compile: build-promtool.sh puts
// promtool's own unittest.go beside this file. `promtool-rules test FILE...` and `promtool-rules check FILE...`; exit codes are promtool's.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

const (
	successExitCode = 0
	failureExitCode = 1
)

func main() {
	// Ours takes the experimental functions without being asked.
	p := parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true})
	switch os.Args[1] {
	case "test":
		options := promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true}
		os.Exit(RulesUnitTest(options, p, nil, false, false, false, os.Args[2:]...))
	case "check":
		failed := false
		for _, file := range os.Args[2:] {
			_, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, p, slog.Default())
			for _, err := range errs {
				failed = true
				fmt.Fprintln(os.Stderr, err)
			}
		}
		if failed {
			os.Exit(failureExitCode)
		}
	default:
		panic(errors.New("test or check"))
	}
}

// As promtool reads a time; it stands in a file that needs all of its queries.
func parseTime(s string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		whole, part := math.Modf(seconds)
		return time.Unix(int64(whole), int64(part*float64(time.Second))).UTC(), nil
	}
	return time.Parse(time.RFC3339Nano, s)
}
