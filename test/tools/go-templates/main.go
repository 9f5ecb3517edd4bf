// Prints what a Go template makes of a payload of Alertmanager, with the functions that prometheus-webhook-dingtalk 2.1
// gives to it: Go's own, sprig's, and toUpper, toLower and markdown. Reads a Job as JSON and prints a title and a text.
package main

import (
	"encoding/json"
	"log"
	"os"
	"regexp"
	"sort"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig"
)

type Job struct {
	// Built-in templates first, then those of the files.
	Templates []string
	Title     string
	Text      string
	Payload   Data
}

type Pair struct{ Name, Value string }

type Pairs []Pair

func (pairs Pairs) Names() []string {
	names := []string{}
	for _, pair := range pairs {
		names = append(names, pair.Name)
	}
	return names
}

func (pairs Pairs) Values() []string {
	values := []string{}
	for _, pair := range pairs {
		values = append(values, pair.Value)
	}
	return values
}

type KV map[string]string

// The name of the alert comes first, then the others by name.
func (kv KV) SortedPairs() Pairs {
	pairs := Pairs{}
	for name, value := range kv {
		pairs = append(pairs, Pair{name, value})
	}
	isFirst := func(pair Pair) bool { return pair.Name == "alertname" }
	sort.Slice(pairs, func(a, b int) bool {
		if isFirst(pairs[a]) != isFirst(pairs[b]) {
			return isFirst(pairs[a])
		}
		return pairs[a].Name < pairs[b].Name
	})
	return pairs
}

func (kv KV) Remove(names []string) KV {
	kept := KV{}
	for name, value := range kv {
		kept[name] = value
	}
	for _, name := range names {
		delete(kept, name)
	}
	return kept
}

func (kv KV) Names() []string  { return kv.SortedPairs().Names() }
func (kv KV) Values() []string { return kv.SortedPairs().Values() }

type Alert struct {
	Status       string
	Labels       KV
	Annotations  KV
	StartsAt     time.Time
	EndsAt       time.Time
	GeneratorURL string
	Fingerprint  string
}

type Alerts []Alert

func (alerts Alerts) with(status string) []Alert {
	found := []Alert{}
	for _, alert := range alerts {
		if alert.Status == status {
			found = append(found, alert)
		}
	}
	return found
}

func (alerts Alerts) Firing() []Alert   { return alerts.with("firing") }
func (alerts Alerts) Resolved() []Alert { return alerts.with("resolved") }

type Data struct {
	Receiver          string
	Status            string
	Alerts            Alerts
	GroupLabels       KV
	CommonLabels      KV
	CommonAnnotations KV
	ExternalURL       string
	AtMobiles         []string `json:"-"`
}

// Not in 2.1, but in Alertmanager and in what others have made of the program.
var others = template.FuncMap{
	"match": regexp.MatchString,
	"reReplaceAll": func(pattern, by, text string) string {
		return regexp.MustCompile(pattern).ReplaceAllString(text, by)
	},
	"safeHtml":    func(text string) string { return text },
	"stringSlice": func(texts ...string) []string { return texts },
}

var own = template.FuncMap{
	"toUpper": strings.ToUpper,
	"toLower": strings.ToLower,
	"markdown": func(text string) string {
		return strings.NewReplacer("_", `\_`, "*", `\*`, "`", "\\`").Replace(text)
	},
}

func executed(job Job, text string) string {
	all := template.New("").Option("missingkey=zero").Funcs(others).Funcs(own).Funcs(sprig.TxtFuncMap())
	for _, each := range job.Templates {
		template.Must(all.New("file").Parse(each))
	}
	made := strings.Builder{}
	if err := template.Must(all.New("message").Parse(text)).Execute(&made, job.Payload); err != nil {
		log.Fatal(err)
	}
	return made.String()
}

func main() {
	log.SetFlags(0)
	job := Job{}
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]string{
		"title": executed(job, job.Title),
		"text":  executed(job, job.Text),
	})
}
