// Builds Flux's image-automation-controller, which the slow tests run on our statuses, from its own Go module.
module holdfast.dev/holdfast/test/flux/automation

go 1.26.0

require github.com/fluxcd/image-automation-controller v1.2.0
