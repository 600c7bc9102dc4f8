# Nines in a small image that does not run as root. `docker compose up` starts it with a database and company.

# The image brings gcc, which is all that the C parts (SQLite, aws-lc) need.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
# The caches belong to the builder; the program is copied out of them in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --package nines \
    && cp target/release/nines /usr/local/bin/nines

FROM debian:bookworm-slim
# Certificate authorities: sources, probes and mail servers are reached through TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/nines --create-home --shell /usr/sbin/nologin nines
COPY --from=build /usr/local/bin/nines /usr/local/bin/nines
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/nines/

USER nines
WORKDIR /var/lib/nines
# Inside a container the loopback address would reach nobody.
ENV NINES_SERVER_LISTEN=0.0.0.0:8080 \
    NINES_DATA_DIR=/var/lib/nines/data
VOLUME /var/lib/nines/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s --retries=3 CMD ["nines", "healthcheck"]
ENTRYPOINT ["nines"]
CMD ["serve"]
