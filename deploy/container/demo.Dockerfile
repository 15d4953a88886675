# Who tells the demonstration's story: Lantian's image, with what draws its pictures. Never needed in production.
ARG VERSION=demo
FROM lantian/lantian:$VERSION
USER root
COPY constraints.txt /tmp/
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-wqy-microhei python3-venv \
    && python3 -m venv /tmp/pip \
    && /tmp/pip/bin/pip --python /opt/lantian/bin/python3 install --no-cache-dir -c /tmp/constraints.txt 'lantian[demo]' \
    && apt-get purge -y --auto-remove -o APT::AutoRemove::SuggestsImportant=false python3-venv \
    && rm -rf /tmp/* /var/lib/apt/lists/* \
    # so that the volume mounted there belongs to the user
    && install -d -o lantian -g lantian -m 0750 /var/lib/lantian/demo
USER 10001:10001
ENV MPLCONFIGDIR=/tmp/matplotlib
