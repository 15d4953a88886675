"""The Docker engine as tests find it: whether it can run the servers, and what killed test runs have left in it."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress

import compose_file
import docker
from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient

from core.settings import ConfiguredSettings
from deploy.local import process

OWNER = "lantian.test-process"
"""Label of all that a test process makes: who that is."""
RYUK_OFF = "TESTCONTAINERS_RYUK_DISABLED"
_PATIENCE_S = 10


def obstacle() -> str | None:
    """Why the servers cannot be containers here; None if they can. Pulls nothing."""
    configured = ConfiguredSettings()
    if configured.kafka or configured.mqtt_host or configured.postgres_host:
        return "the settings name servers of their own"
    if os.geteuid() != 0:
        return "tests signal the servers by their pids, which only root may"
    try:
        with closing(_client()) as client:
            name = client.info()["Name"]
            images = map(compose_file.image, compose_file.SERVERS)
            # the first: each that a registry is asked for may take its time
            missing = next((image for image in images if not _to_be_had(client, image)), None)
    except (DockerException, RequestException):
        return "no Docker engine answers"
    if name != socket.gethostname():
        return f"the Docker engine is on another machine ({name}), and tests signal the servers by their pids"
    return f"the Docker engine has no {missing} and cannot pull it" if missing else None


def settle_ryuk() -> str:
    """Have testcontainers' reaper clear up after a killed run, or do without where its image is not to be had.

    Returns what was decided, in words. Who has decided it in the environment is obeyed.
    """
    if RYUK_OFF not in os.environ:
        with closing(_client()) as client:
            if not _to_be_had(client, testcontainers_config.ryuk_image):
                os.environ[RYUK_OFF] = "true"
                return f"no Ryuk ({testcontainers_config.ryuk_image} is not to be had): the next run clears up instead"
    return "no Ryuk, as asked: the next run clears up instead" if testcontainers_config.ryuk_disabled else "Ryuk"


def owner() -> str:
    """This very process, for the label `OWNER`."""
    running = process.itself()
    return f"{running.pid} {running.started} {running.boot}"


def clear_up() -> None:
    """Remove containers and volumes of test processes that are no more."""
    with closing(DockerClient().client) as client:
        containers = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        for container in containers:
            if not _runs(container.labels[OWNER]):
                # two processes of one run may clear up at once
                with suppress(APIError):
                    container.remove(v=True, force=True)
        for volume in client.volumes.list(filters={"label": OWNER}):
            if not _runs(volume.attrs["Labels"][OWNER]):
                with suppress(APIError):
                    volume.remove(force=True)


def _client() -> docker.DockerClient:
    """One that does not wait long for an engine that says nothing."""
    return DockerClient(timeout=_PATIENCE_S).client


def _to_be_had(client: docker.DockerClient, image: str) -> bool:
    name = testcontainers_config.hub_image_name_prefix + image
    try:
        client.images.get(name)
    except ImageNotFound:
        try:
            client.images.get_registry_data(name)
        except (DockerException, RequestException):
            return False
    return True


def _runs(label: str) -> bool:
    pid, started, boot = label.split()
    return process.alive(process.Running(int(pid), int(started), boot))
