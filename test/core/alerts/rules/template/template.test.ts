import { expect, test } from 'vitest';
import {
  expandTemplate,
  type TemplateQuery,
  templateTrouble,
} from '../../../../../core/alerts/rules/template/template.ts';
import type { HeliographError } from '../../../../../lib/errors.ts';

const ANSWERS: Readonly<Record<string, { labels: Record<string, string>; value: number }[]>> = {
  up: [
    { labels: { instance: 'b', job: 'x' }, value: 21 },
    { labels: { instance: 'a', job: 'y', __value__: 'seen' }, value: 11 },
  ],
  none: [],
};

const query: TemplateQuery = async (expression) => {
  const answer = ANSWERS[expression];
  if (answer === undefined) throw new Error(`no such expression: ${expression}`);
  return answer;
};

/** A template filled in, or what Prometheus writes in its place. */
async function filled(
  text: string,
  value = 1.5,
  labels: Record<string, string> = { instance: 'web-1:9100', job: 'node' },
) {
  const data = {
    ...{ alert: 'Down', labels, value, externalLabels: { site: 'here' } },
    ...{ externalUrl: 'https://core.example:9470/a/b', now: 1_700_000_000_500 },
  };
  try {
    return await expandTemplate(text, data, query);
  } catch (error) {
    return (error as HeliographError).facts.text as string;
  }
}

const f = async (text: string, wanted: string, value?: number) =>
  expect([text, await filled(text, value)]).toEqual([text, wanted]);

test('values, labels, variables, pipelines, blocks', async () => {
  await f('plain }} text', 'plain }} text');
  await f(
    '{{ $labels.instance }} of {{ .Labels.job }} has {{ $value }} at {{ $externalLabels.site }}',
    'web-1:9100 of node has 1.5 at here',
  );
  await f(
    '{{ .Labels.nothing }}|{{ index $labels "job" }}|{{ .Value }}|{{ .ExternalURL }}',
    '|node|1.5|https://core.example:9470/a/b',
  );
  await f('a {{- /* not\nsaid */ -}} b {{- "c" -}}  d', 'abcd');
  await f('{{ if gt $value 1.0 }}more{{ else if eq $value 1.0 }}one{{ else }}less{{ end }}', 'one', 1);
  await f('{{ if and (gt $value 1.0) (not (eq .Labels.job "x")) }}yes{{ end }}', 'yes');
  await f('{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}', '32');
  await f(
    '{{ with $labels.job }}{{ . }}{{ else }}none{{ end }}{{ with $labels.no }}x{{ else with "y" }}{{ . }}{{ end }}',
    'nodey',
  );
  await f('{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}', 'instance=web-1:9100;job=node;');
  await f('{{ range query "none" }}x{{ else }}nothing{{ end }}', 'nothing');
  await f(
    '{{ range $i, $s := query "up" }}{{ if $i }}, {{ end }}{{ $i }}:{{ $s.Labels.instance }}={{ $s.Value }}{{ end }}',
    '0:b=21, 1:a=11',
  );
  await f(
    '{{ range query "up" }}{{ if eq (label "instance" .) "a" }}{{ continue }}{{ end }}{{ .Value }}{{ break }}{{ end }}',
    '21',
  );
  await f('{{ define "t" }}[{{ .arg0 }}{{ .arg1 }}]{{ end }}{{ template "t" (args 1 "b") }}', '[1b]');
  await f('{{ block "t" 5 }}<{{ . }}>{{ end }}{{ template "t" 6 }}', '<5><6>');
});

test('what Go has of its own', async () => {
  await f(
    '{{ printf "%.2f %5d|%-4s|%q %v %x %t %08.3f %+d %%" 3.14159 42 "ab" "x\\"" 1e6 255 true 3.5 7 }}',
    '3.14    42|ab  |"x\\"" 1e+06 ff true 0003.500 +7 %',
  );
  await f(
    '{{ printf "%s %d" 5.0 "a" }}{{ printf "%d" }}{{ printf "a" 1 }}',
    '%!s(float64=5) %!d(string=a)%!d(MISSING)a%!(EXTRA int=1)',
  );
  await f(
    '{{ print "a" 1 2 "b" true false 3.5 }}|{{ println 1 "x" }}',
    'a1 2b true false 3.5|1 x\n'.replace('b true', 'btrue'),
  );
  await f('{{ len $labels }}{{ len "äb" }}{{ slice "abcdef" 1 3 }}{{ index "abc" 1 }}', '23bc98');
  await f(
    `{{ html "<a href='x'>&" }} {{ js "it's <b>" }} {{ urlquery "a b/c&d" }}`,
    "&lt;a href=&#39;x&#39;&gt;&amp; it\\'s \\u003Cb\\u003E a+b%2Fc%26d",
  );
  await f(
    '{{ or "" 0 "x" }}{{ and 1 "" 2 }}{{ not 0 }}{{ eq 1 2 1 }}{{ ne "a" "b" }}{{ lt 1 2 }}{{ le 2 2 }}{{ ge 1 2 }}',
    'xtruetruetruetruetruefalse',
  );
  await f(
    "{{ $value }} {{ 1e6 }} {{ 1000000 }} {{ 0x1f }} {{ 1.0 }} {{ 'a' }} {{ `raw` }} {{ $labels }}",
    '1e-05 1e+06 1000000 31 1 97 raw map[instance:web-1:9100 job:node]',
    0.00001,
  );
});

test('what Prometheus adds', async () => {
  await f(
    '{{ query "up" | first | value }} {{ query "up" | sortByLabel "instance" | first | label "job" }} {{ with query "up" }}{{ index . 1 | strvalue }}{{ end }}',
    '21 y seen',
  );
  await f(
    '{{ $value | humanize }} {{ humanize 0.00012 }} {{ humanize "1e6" }} {{ humanize1024 1048576.0 }} {{ humanize 100.25 }}',
    '1.234k 120u 1M 1Mi 100.2',
    1234,
  );
  await f(
    '{{ humanizeDuration 93784.5 }} {{ humanizeDuration 59.98765 }} {{ humanizeDuration 0.0123 }} {{ humanizeDuration -65 }} {{ humanizeDuration 0 }}',
    '1d 2h 3m 4s 59.99s 12.3ms -1m 5s 0s',
  );
  await f(
    '{{ humanizePercentage 0.98765 }} {{ humanizeTimestamp 1435065584.128 }} {{ toTime $value }} {{ (toTime $value).Year }} {{ (toTime $value).Format "Jan 2, 15:04" }}',
    '98.77% 2015-06-23 13:19:44.128 +0000 UTC 1970-01-01 00:00:01.5 +0000 UTC 1970 Jan 1, 00:00',
  );
  await f(
    '{{ toDuration 3661.5 }} {{ (toDuration 90.0).Minutes }} {{ now }} {{ parseDuration "1h30m" }}',
    '1h1m1.5s 1.5 1.7000000005e+09 5400',
  );
  await f(
    '{{ stripPort "a.b:1" }} {{ stripDomain "web.x.y:9100" }} {{ stripDomain "10.0.0.1:9" }} {{ stripDomain "web.x" }} {{ stripPort "[::1]:5" }}',
    'a.b web:9100 10.0.0.1:9 web ::1',
  );
  await f('{{ title "a-b don\'t foo.bar" }} {{ toUpper "ab" }} {{ toLower "AB" }}', "A-B Don't Foo.bar AB ab");
  await f(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Go's way to name a group
    '{{ match "^w.b" $labels.instance }} {{ reReplaceAll "(.*):(?P<port>\\\\d+)" "${port}/$1" $labels.instance }} {{ reReplaceAll "x*" "-" "abc" }}',
    'true 9100/web-1 -a-b-c-',
  );
  await f(
    '{{ graphLink "up == 0" }} {{ tableLink "up" }} {{ externalURL }}{{ pathPrefix }} {{ safeHtml "<b>" }} {{ urlQueryEscape "a b" }}',
    '/graph?g0.expr=up+%3D%3D+0&g0.tab=0 /graph?g0.expr=up&g0.tab=1 https://core.example:9470/a/b/a/b <b> a+b',
  );
});

test('what fails is told as Prometheus tells it', async () => {
  const at = (place: string, node: string, why: string) =>
    `<error expanding template: error executing template __alert_Down: template: __alert_Down:${place}: executing "__alert_Down" at <${node}>: ${why}>`;
  await f(
    '{{ query "none" | first }}',
    at('1:130', 'first', 'error calling first: first() called on vector with no elements'),
  );
  await f(
    '{{ gt $value 5 }}',
    at('1:115', 'gt $value 5', 'error calling gt: incompatible types for comparison: float64 and int').replace(
      'gt $value 5',
      'gt $value 5',
    ),
  );
  await f(
    '\n{{ .Nothing }}',
    at(
      '2:3',
      '.Nothing',
      "can't evaluate field Nothing in type struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }",
    ),
  );
  await f('{{ query "other" }}', at('1:115', 'query "other"', 'error calling query: no such expression: other'));
  await f('{{ template "none" }}', at('1:124', '{{template "none"}}', 'template "none" not defined'));
  await f('{{ toUpper $value }}', at('1:123', '$value', 'wrong type for value; expected string; got float64'));
});

test('a template that does not end is ended: steps, bytes, depth, queries', async () => {
  expect(await filled('{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}')).toContain(
    'exceeded maximum template depth',
  );
  expect(await filled('{{ range 1000000000 }}{{ end }}')).toContain('exceeded maximum of 100000 steps');
  expect(await filled(`{{ range 90000 }}xxxxxxxxxxxxxxxxxxxx{{ end }}`)).toContain('longer than 65536 bytes');
  expect(await filled(`{{ $x := "xxxxxxxxxx" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}`)).toContain(
    'longer than 65536 bytes',
  );
  expect(await filled('{{ printf "%1000000d" 1 }}')).toContain('a width of 1000000');
  expect(await filled('{{ range 1000 }}{{ $x := query "up" }}{{ end }}')).toContain('exceeded maximum of 100 queries');
});

test('what is no template is told at load, with its place', () => {
  const trouble = (text: string, wanted: string) => expect([text, templateTrouble(text)]).toEqual([text, wanted]);
  expect(templateTrouble('{{ $labels.x }}')).toBe(null);
  trouble('{{ $label.x }}', '1:4: undefined variable "$label"');
  trouble('a\n{{ nothing 1 }}', '2:4: function "nothing" not defined');
  trouble('{{ if $value }}', '1:16: unexpected EOF');
  trouble('{{ end }}', '1:4: unexpected {{end}}');
  trouble('{{ $value ', '1:11: unclosed action');
  trouble('{{ 1 | 2 }}', '1:8: non executable command in pipeline stage 2');
  trouble('{{ }}', '1:4: missing value for command');
  trouble('{{ "a', '1:4: unterminated quoted string');
  trouble('{{ break }}', '1:4: {{break}} outside {{range}}');
  trouble('{{/* a }}', '1:1: unclosed comment');
  trouble('{{ (1 }}', '1:7: unclosed left paren');
  trouble('{{ 1.x }}', '1:4: bad number syntax: "1."');
  trouble('{{ $labels.x- }}', "1:13: bad character U+002D '-'");
});
