# syntax=docker/dockerfile:1
# Two stages: one builds, the other holds the programs and the libraries that they link, nothing else.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      gcc libc6-dev make cmake ninja-build pkg-config python3 libev-dev libhiredis-dev libpq-dev libjson-c-dev \
      libcurl4-openssl-dev libgit2-dev libyaml-dev libssl-dev zlib1g-dev uthash-dev \
      libmicrohttpd-dev libjwt-dev npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release -B /build -DREPRISE_TESTS=OFF && cmake --build /build --target worker producer dashboard

FROM debian:12-slim
# git fetches, with ssh for ssh:// repositories; ca-certificates are what https is checked against.
RUN apt-get update && apt-get install -y --no-install-recommends \
      libev4 libhiredis0.14 libpq5 libjson-c5 libcurl4 libgit2-1.5 libyaml-0-2 libssl3 libmicrohttpd12 libjwt0 \
      git openssh-client ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home --home-dir /var/lib/reprise --shell /usr/sbin/nologin reprise \
    && install -d -m 0700 -o reprise -g reprise /var/lib/reprise/repositories
COPY --from=build /build/worker/worker /build/producer/producer /build/dashboard/dashboard /usr/local/bin/
COPY definitions /usr/share/reprise/definitions
COPY LICENSE /usr/share/doc/reprise/LICENSE
ENV REPRISE_DEFINITIONS_DIR=/usr/share/reprise/definitions \
    REPRISE_GIT_REPOSITORIES_DIR=/var/lib/reprise/repositories
USER reprise
WORKDIR /var/lib/reprise
VOLUME /var/lib/reprise/repositories
CMD ["worker"]
