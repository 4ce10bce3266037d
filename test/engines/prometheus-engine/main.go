// Prometheus 3's own query engine over samples from a file: prometheus-engine DATA.json QUERIES.json prints the answers as JSON.
// No distribution packages Prometheus 3 yet, but its engine is a Go module; this is the smallest program around it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Values are the 16 hexadecimal digits of a double's bits, so that staleness markers come through.
type inSeries struct {
	Labels map[string]string `json:"labels"`
	T      []int64           `json:"t"`
	V      []string          `json:"v"`
}
type sample struct {
	t int64
	v float64
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

type ser struct {
	l labels.Labels
	s []chunks.Sample
}
type db struct{ all []ser }

func (d *db) Querier(mint, maxt int64) (storage.Querier, error) { return &q{d, mint, maxt}, nil }

type q struct {
	d          *db
	mint, maxt int64
}

func (q *q) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}
func (q *q) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}
func (q *q) Close() error { return nil }
func (q *q) Select(_ context.Context, _ bool, h *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	var out []storage.Series
next:
	for _, s := range q.d.all {
		for _, m := range ms {
			if !m.Matches(s.l.Get(m.Name)) {
				continue next
			}
		}
		lo := sort.Search(len(s.s), func(i int) bool { return s.s[i].T() >= q.mint })
		hi := sort.Search(len(s.s), func(i int) bool { return s.s[i].T() > q.maxt })
		if lo < hi {
			out = append(out, storage.NewListSeries(s.l, s.s[lo:hi]))
		}
	}
	return &set{out, -1}
}

type set struct {
	s []storage.Series
	i int
}

func (s *set) Next() bool                        { s.i++; return s.i < len(s.s) }
func (s *set) At() storage.Series                { return s.s[s.i] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }

type query struct {
	Q                      string `json:"q"`
	Start, End, Step, Time int64
}

// As util/jsonutil prints a value.
func f(v float64) string {
	abs := math.Abs(v)
	fm := byte('f')
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		fm = 'e'
	}
	return strconv.FormatFloat(v, fm, -1, 64)
}

func main() {
	var data []inSeries
	var queries []query
	b, _ := os.ReadFile(os.Args[1])
	if err := json.Unmarshal(b, &data); err != nil {
		panic(err)
	}
	b, _ = os.ReadFile(os.Args[2])
	if err := json.Unmarshal(b, &queries); err != nil {
		panic(err)
	}
	d := &db{}
	for _, s := range data {
		x := ser{l: labels.FromMap(s.Labels)}
		for i, t := range s.T {
			bits, err := strconv.ParseUint(s.V[i], 16, 64)
			if err != nil {
				panic(err)
			}
			x.s = append(x.s, sample{t, math.Float64frombits(bits)})
		}
		d.all = append(d.all, x)
	}
	sort.Slice(d.all, func(i, j int) bool { return labels.Compare(d.all[i].l, d.all[j].l) < 0 })
	// With all that Prometheus has behind feature flags: we accept it without.
	all := parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true})
	eng := promql.NewEngine(promql.EngineOpts{MaxSamples: 50000000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, Parser: all, NoStepSubqueryIntervalFn: func(int64) int64 { return 60000 }})
	out := make([]any, 0, len(queries))
	ms := func(t int64) time.Time { return time.UnixMilli(t) }
	for _, qq := range queries {
		var qr promql.Query
		var err error
		if qq.Step > 0 {
			qr, err = eng.NewRangeQuery(context.Background(), d, nil, qq.Q, ms(qq.Start), ms(qq.End), time.Duration(qq.Step)*time.Millisecond)
		} else {
			qr, err = eng.NewInstantQuery(context.Background(), d, nil, qq.Q, ms(qq.Time))
		}
		if err != nil {
			out = append(out, map[string]any{"error": err.Error()})
			continue
		}
		r := qr.Exec(context.Background())
		if r.Err != nil {
			out = append(out, map[string]any{"error": r.Err.Error()})
			continue
		}
		sec := func(t int64) float64 { return float64(t) / 1000 }
		var res any
		switch v := r.Value.(type) {
		case promql.Vector:
			l := []any{}
			for _, s := range v {
				l = append(l, map[string]any{"metric": s.Metric.Map(), "value": []any{sec(s.T), f(s.F)}})
			}
			res = l
		case promql.Matrix:
			l := []any{}
			for _, s := range v {
				p := []any{}
				for _, x := range s.Floats {
					p = append(p, []any{sec(x.T), f(x.F)})
				}
				l = append(l, map[string]any{"metric": s.Metric.Map(), "values": p})
			}
			res = l
		case promql.Scalar:
			res = []any{sec(v.T), f(v.V)}
		case promql.String:
			res = []any{sec(v.T), v.V}
		}
		warnings, infos := r.Warnings.AsStrings(qq.Q, 0, 0)
		sort.Strings(warnings)
		sort.Strings(infos)
		out = append(out, map[string]any{"resultType": string(r.Value.Type()), "result": res, "warnings": warnings, "infos": infos})
		qr.Close()
	}
	j, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(j))
}
