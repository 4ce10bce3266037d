// Prometheus 3's own relabelling: prometheus-relabel CASES.json prints for each case the labels, null where it is dropped, or its error.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

type testCase struct {
	Rules  []json.RawMessage `json:"rules"`
	Labels map[string]string `json:"labels"`
}

// A rule as a configuration file has it: what is not written has its default, and it is validated.
func config(raw json.RawMessage) (*relabel.Config, error) {
	rule := relabel.DefaultRelabelConfig
	if err := json.Unmarshal(raw, &rule); err != nil {
		return nil, err
	}
	return &rule, rule.Validate(model.LegacyValidation)
}

func answer(c testCase) map[string]any {
	var rules []*relabel.Config
	for _, raw := range c.Rules {
		rule, err := config(raw)
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		rules = append(rules, rule)
	}
	builder := labels.NewBuilder(labels.FromMap(c.Labels))
	if !relabel.ProcessBuilder(builder, rules...) {
		return map[string]any{"labels": nil}
	}
	return map[string]any{"labels": builder.Labels().Map()}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var cases []testCase
	if err := json.Unmarshal(text, &cases); err != nil {
		panic(err)
	}
	answers := make([]map[string]any, 0, len(cases))
	for _, c := range cases {
		answers = append(answers, answer(c))
	}
	out, err := json.Marshal(answers)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(out))
}
