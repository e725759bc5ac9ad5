# The program as an image: docker build --build-arg RUNTIME=bun|deno . (docs/container.md tells how to run it).
# What is left in the end is the program with its runtime and glibc: no shell, no package manager, no Node.js.
ARG RUNTIME=bun
# Give it with its digest (node:…@sha256:…) for builds that can be repeated.
ARG NODE_IMAGE=node:22.20.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
ARG RUNTIME
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts=false --no-audit --no-fund
COPY . .
RUN scripts/image-root "${RUNTIME}" /rootfs

FROM scratch
ARG RUNTIME
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="albatross" \
      org.opencontainers.image.description="A Kubernetes gateway, on ${RUNTIME}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /rootfs /
ENV PATH=/usr/bin
# Of the image on Deno, and its workers; Bun does not know it.
ENV DENO_V8_FLAGS=--max-semi-space-size=2,--no-incremental-marking-task
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
# An example: the ports are those of the Frontends. 9180 is the admin plane, on 127.0.0.1 unless ALBATROSS_ADMIN is set.
EXPOSE 8080 9180
# Drains; see --drain-delay and --drain-timeout.
STOPSIGNAL SIGTERM
# Kubernetes has probes of its own and ignores this.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/bin/albatross", "healthcheck"]
ENTRYPOINT ["/usr/bin/albatross"]
CMD ["run", "--config", "/etc/albatross"]
