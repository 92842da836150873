// Answers, line by line, what Masterminds/semver and Go's regexp say: what our engine is compared with.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"

	"github.com/Masterminds/semver/v3"
)

type question struct {
	Constraint string   `json:"constraint"`
	Versions   []string `json:"versions"`
	Pattern    string   `json:"pattern"`
	Template   string   `json:"template"`
	Texts      []string `json:"texts"`
}

type answer struct {
	Valid bool `json:"valid"`
	// Why not.
	Problem string `json:"problem,omitempty"`
	// For a constraint: "in", "out" or "none" (no version). For a pattern: what Expand gives, or null.
	Matches []string  `json:"matches,omitempty"`
	Values  []*string `json:"values,omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		if q.Versions != nil {
			out.Encode(checkRange(q))
		} else {
			out.Encode(expand(q))
		}
	}
}

func checkRange(q question) answer {
	c, err := semver.NewConstraint(q.Constraint)
	if err != nil {
		return answer{Problem: err.Error()}
	}
	a := answer{Valid: true}
	for _, text := range q.Versions {
		v, err := semver.NewVersion(text)
		switch {
		case err != nil:
			a.Matches = append(a.Matches, "none")
		case c.Check(v):
			a.Matches = append(a.Matches, "in")
		default:
			a.Matches = append(a.Matches, "out")
		}
	}
	return a
}

func expand(q question) answer {
	re, err := regexp.Compile(q.Pattern)
	if err != nil {
		return answer{Problem: err.Error()}
	}
	a := answer{Valid: true}
	for _, text := range q.Texts {
		found := re.FindStringSubmatchIndex(text)
		if found == nil {
			a.Values = append(a.Values, nil)
			continue
		}
		value := string(re.ExpandString(nil, q.Template, text, found))
		a.Values = append(a.Values, &value)
	}
	return a
}
