# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a registry what a tag means now: the truth that a webhook only hints at.

Facts: OCI distribution specification 1.1. A HEAD of a manifest is no pull at Docker Hub
(docker/docs content/manuals/docker-hub/usage/pulls.md), a GET is one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import (
    longest_prefix,
)

from webhook_bridge.bounded_http import BoundedSession
from webhook_bridge.domain.image_labels import ImageLabels, read_labels
from webhook_bridge.domain.references import ImageName, InvalidReference, is_digest, is_tag, shown
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.conversation import Conversation
from webhook_bridge.registry.credentials import Credentials
from webhook_bridge.registry.errors import (
    RateLimited,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
    TagGone,
)
from webhook_bridge.registry.login import AuthorizationCache
from webhook_bridge.registry.manifests import (
    config_digest,
    first_image,
    is_index,
    labels_in_config,
    platforms_in_config,
    platforms_in_index,
    size_of_layers,
)

__all__ = [
    "ImageContents",
    "RateLimited",
    "RegistryAccess",
    "RegistryClient",
    "RegistryDenied",
    "RegistryError",
    "RegistryUnreachable",
    "TagGone",
]

_log = logging.getLogger(__name__)
_MOST_TAGS = 20_000
_MOST_PAGES = 250
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class ImageContents:
    """What an image runs on, such as ``linux/arm/v7``, and the bytes of its compressed layers."""

    platforms: tuple[str, ...]
    size: int | None


class RegistryClient:
    """Questions to registries; may be used by several threads at once.

    Every question is over after `timeout_s` seconds, whatever the server does; only resolving a
    name and a host with many silent addresses can add to it. All questions raise `RegistryError`.
    """

    def __init__(self, access: Mapping[str, RegistryAccess], *, timeout_s: float = 10.0) -> None:
        """Take the access of each registry, by the registry's name in image names.

        A key may go on with the beginning of a repository's path, `docker.io/acme`: the longest
        that an image begins with counts. A registry that is not listed is spoken to over HTTPS and
        without credentials.
        """
        self._access = access
        self._timeout_s = timeout_s
        self._authorizations = AuthorizationCache()
        self._credentials = {key: Credentials(one) for key, one in access.items()}

    def digest_of(self, image: ImageName, tag: str, *, known: str | None = None) -> str:
        """Return the digest, of the index where there is one, that the tag points to now.

        A `known` digest makes the question cheaper where the tag still means that.

        :raises InvalidReference: where it is not a tag; nothing is asked then.
        :raises TagGone: where tag or repository are not there, or not visible to us.
        """
        if not is_tag(tag):
            raise InvalidReference(f"{shown(tag)} is not a tag of {image}.")
        return self._at_mirrors(image, lambda place: self._digest_at(place, tag, known=known))

    def _digest_at(self, image: ImageName, tag: str, *, known: str | None) -> str:
        with self._session(image) as session:
            talk = self._talk(session, image, named=f"{image}:{tag}")
            digest = talk.head_manifest(tag, known=known) or talk.get_manifest(tag).digest
            if digest is None:
                raise TagGone(
                    f"{image}:{tag} is not at the registry: push it, or correct 'image' and "
                    "'track' of the app."
                )
            return digest

    def tags_of(self, image: ImageName) -> list[str]:
        """Return all tags of the repository; none where there is no such repository.

        No mirror is asked: a cache lists what it has, not what there is.

        :raises RegistryError: where there are more than we read.
        """
        tags: list[str] = []
        with self._session(image) as session:
            talk = self._talk(session, image, named=f"the list of tags of {image}")
            following: dict[str, str] = {"n": "1000"}
            for _ in range(_MOST_PAGES):
                page, following = talk.list_tags(following=following)
                tags += page
                if not following or len(tags) > _MOST_TAGS:
                    break
        if following:
            raise RegistryError(
                f"{image} has more tags than are read ({_MOST_TAGS}, on {_MOST_PAGES} pages); "
                "remove old ones, or track one tag."
            )
        return tags

    def exists(self, image: ImageName, digest: str) -> bool:
        """Say whether the repository holds a manifest of this digest."""
        _demand_digest(digest, image)
        with self._session(image) as session:
            talk = self._talk(session, image, named=f"{image}@{digest}")
            return (talk.head_manifest(digest) or talk.get_manifest(digest).digest) == digest

    def contents_of(self, image: ImageName, digest: str) -> ImageContents:
        """Return what the image runs on and how much a host has to pull for it.

        The platforms are empty where it does not say. The size is that of an index's first
        platform. This counts as one or two pulls at Docker Hub: ask once for each digest.

        :raises TagGone: where the repository holds no such manifest.
        """
        _demand_digest(digest, image)
        with self._session(image) as session:
            talk = self._talk(session, image, named=f"{image}@{digest}")
            manifest = talk.get_manifest(digest)
            if manifest.digest is None:
                raise TagGone(f"{image}@{digest} is not at the registry: push the image again.")
            if is_index(manifest.document):
                return _contents_of_index(talk, manifest.document)
            config = config_digest(manifest.document)
            platforms = () if config is None else platforms_in_config(talk.get_config(config))
            return ImageContents(platforms, size_of_layers(manifest.document))

    def labels_of(self, image: ImageName, digest: str) -> ImageLabels:
        """Return what the image's labels say: of an index those of its first platform.

        Empty for what is no image, such as a chart. Manifests and the configuration are checked by
        their digests, so a mirror may answer. This counts as one or two pulls at Docker Hub: ask
        once for each digest.

        :raises TagGone: where the repository holds no such manifest.
        """
        _demand_digest(digest, image)
        return self._at_mirrors(image, lambda place: self._labels_at(place, digest))

    def _labels_at(self, image: ImageName, digest: str) -> ImageLabels:
        with self._session(image) as session:
            talk = self._talk(session, image, named=f"{image}@{digest}")
            manifest = talk.get_manifest(digest)
            if manifest.digest is None:
                raise TagGone(f"{image}@{digest} is not at the registry: push the image again.")
            config = config_digest(_one_platform(talk, manifest.document))
            return read_labels({} if config is None else labels_in_config(talk.get_config(config)))

    @contextmanager
    def conversation(self, image: ImageName, *, named: str) -> Iterator[Conversation]:
        """Yield a conversation about one repository, for questions that lead to one another."""
        with BoundedSession(
            timeout_s=3 * self._timeout_s, ca_file=self._access_to(image).ca_file
        ) as session:
            yield self._talk(session, image, named=named)

    def _at_mirrors(self, image: ImageName, ask: Callable[[ImageName], _Answer]) -> _Answer:
        """Return the answer of the first mirror that has one, else the registry's own."""
        for mirror in self._access_to(image).mirrors:
            host, _, path = mirror.partition("/")
            repository = f"{path}/{image.repository}" if path else image.repository
            try:
                return ask(ImageName(host, repository))
            except (RegistryError, InvalidReference) as error:
                _log.info("mirror %s of %s is passed over: %s", mirror, image.registry, error)
        return ask(image)

    def _access_to(self, image: ImageName) -> RegistryAccess:
        key = self._key_of(image)
        return RegistryAccess(image.registry) if key is None else self._access[key]

    def _key_of(self, image: ImageName) -> str | None:
        return longest_prefix(str(image), self._access)

    def _session(self, image: ImageName) -> BoundedSession:
        return BoundedSession(timeout_s=self._timeout_s, ca_file=self._access_to(image).ca_file)

    def _talk(self, session: BoundedSession, image: ImageName, *, named: str) -> Conversation:
        access = self._access_to(image)
        return Conversation(
            session,
            image,
            access=access,
            named=named,
            authorizations=self._authorizations,
            credentials=self._credentials.get(self._key_of(image) or "") or Credentials(access),
        )


def _contents_of_index(talk: Conversation, index: Mapping[str, object]) -> ImageContents:
    child = _one_platform(talk, index)
    return ImageContents(platforms_in_index(index), size_of_layers(child))


def _one_platform(talk: Conversation, manifest: Mapping[str, object]) -> Mapping[str, object]:
    """Return a manifest as it is, and of an index the first platform's; empty where it has none."""
    if not is_index(manifest):
        return manifest
    first = first_image(manifest)
    return {} if first is None else talk.get_manifest(first).document


def _demand_digest(digest: str, image: ImageName) -> None:
    if not is_digest(digest):
        raise InvalidReference(f"{shown(digest)} is not a digest of {image}.")
