// Names the version of Flux's command line, which the slow tests build from a copy of its module.
module holdfast.dev/holdfast/test/flux/cli

go 1.26.0

require github.com/fluxcd/flux2/v2 v2.9.5
