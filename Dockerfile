# One image for all of Lantian's processes; the command is `lantian`'s own: docker run lantian/lantian ingest
FROM debian:trixie-slim AS python
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
# What Numba compiles at the build serves every machine of this level, not only the one that built: processors of 2013
# and newer. On another architecture: --build-arg CPU=generic
ARG CPU=x86-64-v3
ENV NUMBA_CPU_NAME=$CPU NUMBA_CPU_FEATURES= PATH=/opt/lantian/bin:$PATH PYTHONUNBUFFERED=1

FROM python AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils python3-venv
RUN python3 -m venv /opt/lantian
WORKDIR /src
COPY pyproject.toml constraints.txt ./
RUN python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        > requirements.txt \
    && pip install --no-cache-dir --no-compile -c constraints.txt -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-compile --no-deps . \
    && pip uninstall -y pip \
    && cd /opt/lantian/lib/python3*/site-packages \
    && rm -rf pyarrow/include pyarrow/tests pyarrow/*flight* numpy/*/tests numpy/tests numba/tests \
    # the three large libraries carry symbols that only a debugger reads
    && strip --strip-unneeded llvmlite/binding/*.so _polars_runtime_32/*.so pyarrow/libarrow*.so.*00 \
    && python3 -m compileall -q -j 0 .
RUN NUMBA_CACHE_DIR=/opt/lantian/kernels python3 -P -c "from aggregate.worker import warm_up; warm_up()" \
    && install -m 0755 deploy/container/entrypoint.sh /opt/lantian/bin/ \
    && install -m 0644 deploy/container/healthy.py /opt/lantian/bin/

FROM python
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Lantian 蓝天" \
      org.opencontainers.image.description="Environmental monitoring from the monitor to the stop-work order" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /opt/lantian /opt/lantian
# The folders exist so that volumes mounted there belong to the user.
RUN useradd --uid 10001 --user-group --home-dir /var/lib/lantian --shell /usr/sbin/nologin lantian \
    && install -d -o lantian -g lantian -m 0750 \
        /var/lib/lantian /var/lib/lantian/run /var/lib/lantian/secrets /var/lib/lantian/mosquitto \
    && mkdir /etc/lantian \
    # nobody in here becomes another
    && find / -xdev -perm /6000 -type f -exec chmod a-s {} +
USER 10001:10001
WORKDIR /etc/lantian
ENV LANTIAN_STATE_DIR=/var/lib/lantian \
    LANTIAN_METRICS_HOST=0.0.0.0 \
    LANTIAN_CONSOLE_HOST=0.0.0.0 \
    LANTIAN_LOG_FORMAT=json \
    NUMBA_CACHE_DIR=/tmp/kernels
EXPOSE 9480 9481 9483 9484 9485
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/lantian/bin/python3", "-I", "-S", "/opt/lantian/bin/healthy.py"]
ENTRYPOINT ["/bin/sh", "/opt/lantian/bin/entrypoint.sh"]
CMD ["--help"]
