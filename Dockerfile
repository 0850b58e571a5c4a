# The operator as an image:
#
#   docker build --tag registry.example.com/fabric-operator:0.1.0 .
#
# Both stages are of one Debian, because the program links its libc. A tag is there to be read; the
# digest behind it, of all platforms together, is what counts.

FROM rust:1.95.0-slim-trixie@sha256:e14e87345b4d5964ddcc3491d27ee046a0f23820f340c3c1e24da6880141f7c0 AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY crates crates
COPY src src
COPY tests tests
RUN cargo build --release --locked --bin fabric-operator

# With CA certificates; without a shell, a package manager, or root.
FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97
COPY --from=build /src/target/release/fabric-operator /usr/local/bin/fabric-operator
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/fabric-operator"]
