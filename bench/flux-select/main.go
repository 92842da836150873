// What bench/select.ts measures beside ours: Flux's own policies and store, over the tags that select-tags.ts makes.
// Built inside a copy of the reflector's module, because these packages are its own. `COUNT` `ORDER`|`store`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/dgraph-io/badger/v4"

	"github.com/fluxcd/image-reflector-controller/internal/database"
	"github.com/fluxcd/image-reflector-controller/internal/policy"
	"github.com/fluxcd/image-reflector-controller/internal/storage"
)

func main() {
	count, err := strconv.Atoi(os.Args[1])
	check(err)
	order := os.Args[2]
	tags := make([]string, count)
	for at := range tags {
		tags[at] = tagOf(at, order)
	}
	read := func() []string { return tags }
	if order == "store" {
		read = stored(tags)
	}
	startedAt := cpuSeconds()
	selected := latest(read(), order)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds":  cpuSeconds() - startedAt,
		"selected": selected,
	}))
}

// cpuSeconds is user and system time, of all threads.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func latest(tags []string, order string) string {
	var policer policy.Policer
	var filter *policy.RegexFilter
	var err error
	switch order {
	case "numerical", "filter":
		policer, err = policy.NewNumerical("ASC")
	case "alphabetical":
		policer, err = policy.NewAlphabetical("ASC")
	default:
		policer, err = policy.NewSemVer(">=1.0.0")
	}
	check(err)
	if order == "filter" {
		filter, err = policy.NewRegexFilter("^main-[a-f0-9]+-(?P<ts>[0-9]+)$", "$ts")
		check(err)
		filter.Apply(tags)
		tags = filter.Items()
	}
	selected, err := policer.Latest(tags)
	check(err)
	if filter != nil {
		return filter.GetOriginalTag(selected)
	}
	return selected
}

// stored writes the tags as a scan does, and gives what reads them as a policy does.
func stored(tags []string) func() []string {
	folder, err := os.MkdirTemp("", "flux-select-")
	check(err)
	store, err := badger.Open(badger.DefaultOptions(folder).WithLogger(nil))
	check(err)
	repository := storage.RepoIdentity{CanonicalName: "registry.test/bench/app"}
	reflector := database.NewBadgerDatabase(store)
	_, err = reflector.SetTags(context.Background(), repository, tags)
	check(err)
	return func() []string {
		read, err := reflector.Tags(context.Background(), repository)
		check(err)
		check(os.RemoveAll(folder))
		return read
	}
}

// As tagOf of select-tags.ts.
func tagOf(at int, order string) string {
	if order == "numerical" {
		return strconv.Itoa(1_600_000_000 + at)
	}
	if at%10 == 0 {
		return fmt.Sprintf("v1.%d.%d", at%100, at)
	}
	return fmt.Sprintf("main-%x-%d", uint32(at)*2_654_435_761, 1_600_000_000+at)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
