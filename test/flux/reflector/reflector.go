//go:build tools

// Package reflector names the command to build, so that go.mod and go.sum hold all it needs.
package reflector

import _ "github.com/fluxcd/image-reflector-controller"
