// Names the version of Flux's source-controller whose CRD of GitRepository the slow tests apply. Nothing of it is built.
module holdfast.dev/holdfast/test/flux/source

go 1.26.0

require github.com/fluxcd/source-controller v1.9.0
