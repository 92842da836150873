# The image of `holdfast`: Node, the bundle, and nothing else.
#
#   docker build --tag REGISTRY/holdfast:TAG .                      every command, `controller` among them
#   docker build --target reflector --tag REGISTRY/holdfast-reflector:TAG .
#                                    takes the arguments of Flux's image-reflector-controller as they are
#
# Builds with any Dockerfile builder. NODE_IMAGE is any image with Node 22.18 or newer and npm in it; give it with its
# digest where builds have to be the same tomorrow.
ARG NODE_IMAGE=docker.io/library/node:24-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /source
# What is installed changes less often than what is built from it.
COPY package.json package-lock.json ./
# No install scripts: the build needs none of what they fetch.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts ./scripts
COPY src ./src
COPY bin ./bin
COPY LICENSE README.md CHANGELOG.md ./
# The packed package, as npm would install it: no sources, no tests, no node_modules.
RUN npm pack --silent --pack-destination /tmp \
  && mkdir /package \
  && tar -xzf /tmp/holdfast-*.tgz -C /package --strip-components=1

FROM ${NODE_IMAGE} AS holdfast
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="holdfast" \
      org.opencontainers.image.description="Keeps every container image of a Kubernetes product at exactly the version somebody meant" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /package /opt/holdfast
RUN ln -s /opt/holdfast/bin/holdfast.js /usr/local/bin/holdfast
# By number, so that a cluster can see that it is not root. Nothing in the image belongs to it: it may be read-only.
USER 65534:65534
# Node itself is process 1: it hears SIGTERM, hands over and ends. Nothing is started that would outlive it.
ENTRYPOINT ["holdfast"]

# For a Deployment of Flux's reflector that moves over by changing its image and nothing else.
FROM holdfast AS reflector
ENTRYPOINT ["holdfast", "controller"]

# The last stage is what is built where none is named.
FROM holdfast
