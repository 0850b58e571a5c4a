# The operator as an image, and the simulator as another:
#
#   docker build --tag registry.example.com/fabric-operator:0.1.0 .
#   docker build --tag registry.example.com/fabric-simulator:0.1.0 --target fabric-simulator .
#
# All stages are of one Debian release, because the programs link its libc. The tag is for readers;
# the digest, which covers all platforms, decides what is pulled. `make image-check` runs the builds
# without a container engine, from exactly the files that are copied here.

FROM rust:1.95.0-slim-trixie@sha256:e14e87345b4d5964ddcc3491d27ee046a0f23820f340c3c1e24da6880141f7c0 AS source
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
COPY src src

FROM source AS build-operator
RUN cargo build --release --locked --package fabric-operator

FROM source AS build-simulator
RUN cargo build --release --locked --package fabric-simulator

# CA certificates, but no shell, no package manager and no root.
FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97 AS runtime
USER 65532:65532

# Serves loopback only: a sidecar of what calls it, or a container on the host's network.
FROM runtime AS fabric-simulator
COPY --from=build-simulator /src/target/release/fabric-simulator /usr/local/bin/fabric-simulator
ENTRYPOINT ["/usr/local/bin/fabric-simulator"]

# The last stage, which a build without --target makes.
FROM runtime AS fabric-operator
COPY --from=build-operator /src/target/release/fabric-operator /usr/local/bin/fabric-operator
ENTRYPOINT ["/usr/local/bin/fabric-operator"]
