//go:build tools

// Package automation names the command to build, so that go.mod and go.sum hold all it needs.
package automation

import _ "github.com/fluxcd/image-automation-controller"
