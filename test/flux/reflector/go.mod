// Builds Flux's image-reflector-controller, which the slow tests run beside ours, from its own Go module.
module holdfast.dev/holdfast/test/flux/reflector

go 1.26.0

require github.com/fluxcd/image-reflector-controller v1.2.0
