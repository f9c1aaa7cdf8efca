# Its steps are Makefile targets that deploy/clean-root.sh tries on a fresh Debian 12. See docs/container.md.

FROM debian:12-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates make python3 python3-venv
WORKDIR /opt/condau
COPY . .
RUN make build && rm -rf build/tools node_modules

FROM debian:12-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    # The number is fixed: whoever mounts secrets and folders gives them to it.
    && useradd --system --uid 999 --home-dir /var/lib/condau --create-home --shell /usr/sbin/nologin condau \
    && install --directory --owner=condau --mode=0700 /var/lib/condau /var/backups/condau
# The same place as in the first stage, because the environment's scripts name it.
WORKDIR /opt/condau
COPY --from=build /opt/condau .
USER condau
ENV CONDAU_HOST=0.0.0.0 \
    CONDAU_PORT=8000 \
    CONDAU_STATE_FOLDER=/var/lib/condau \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Nothing else is written, except to /tmp: the rest may be read-only.
VOLUME ["/var/lib/condau", "/var/backups/condau"]
EXPOSE 8000
# Running requests and jobs end first; whoever stops it waits longer than that (docs/operation.md).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD [".venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
# Issuers, passphrase and the like come at run time (CONDAU_SETTINGS names a mounted file); the image holds no secret.
ENTRYPOINT [".venv/bin/condau"]
CMD ["serve"]
