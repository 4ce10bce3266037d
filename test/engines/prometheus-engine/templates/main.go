// Fills templates of alerts in as Prometheus does. Reads a JSON file of cases, prints a JSON list of answers.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

type sample struct {
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
}

type testCase struct {
	Text           string              `json:"text"`
	Labels         map[string]string   `json:"labels"`
	ExternalLabels map[string]string   `json:"externalLabels"`
	ExternalURL    string              `json:"externalUrl"`
	Value          float64             `json:"value"`
	Now            int64               `json:"now"`
	Answers        map[string][]sample `json:"answers"`
}

type answer struct {
	Text    string `json:"text"`
	Failed  bool   `json:"failed"`
	Refused bool   `json:"refused"`
}

const beginning = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

func main() {
	bytes, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var cases []testCase
	if err := json.Unmarshal(bytes, &cases); err != nil {
		panic(err)
	}
	answers := make([]answer, 0, len(cases))
	for _, one := range cases {
		answers = append(answers, fill(one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func fill(one testCase) answer {
	external, err := url.Parse(one.ExternalURL)
	if err != nil {
		panic(err)
	}
	query := func(_ context.Context, expression string, _ time.Time) (promql.Vector, error) {
		found, ok := one.Answers[expression]
		if !ok {
			return nil, fmt.Errorf("no such expression: %s", expression)
		}
		vector := promql.Vector{}
		for _, s := range found {
			names := []string{}
			for name := range s.Labels {
				names = append(names, name)
			}
			sort.Strings(names)
			pairs := []string{}
			for _, name := range names {
				pairs = append(pairs, name, s.Labels[name])
			}
			vector = append(vector, promql.Sample{Metric: labels.FromStrings(pairs...), F: s.Value})
		}
		return vector, nil
	}
	data := template.AlertTemplateData(one.Labels, one.ExternalLabels, one.ExternalURL, promql.Sample{F: one.Value})
	text := strings.Join([]string{beginning, one.Text}, "")
	expander := template.NewTemplateExpander(context.Background(), text, "__alert_Down", data, model.Time(one.Now), query, external, nil)
	if err := expander.ParseTest(); err != nil {
		return answer{Text: err.Error(), Refused: true}
	}
	result, err := expander.Expand()
	if err != nil {
		return answer{Text: fmt.Sprintf("<error expanding template: %s>", err), Failed: true}
	}
	return answer{Text: result}
}
