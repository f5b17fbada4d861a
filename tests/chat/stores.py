"""The stores on which the storage tests run."""

import os
import uuid

import pytest
from pymongo import MongoClient

from lessons.chat.cluster.mongodb_stand_in import mongodb_stand_in
from lessons.chat.storage.store import open_database


@pytest.fixture(scope="session")
def wire_url():
    with mongodb_stand_in() as url:
        yield url


@pytest.fixture(params=["mongomock", "wire"] + ["mongodb"] * ("MONGODB_URL" in os.environ))
def database(request):
    """An empty database: mongomock's, the stand-in's, and MongoDB's where MONGODB_URL names one."""
    if request.param == "mongomock":
        yield open_database()
        return
    url = os.environ["MONGODB_URL"] if request.param == "mongodb" else request.getfixturevalue("wire_url")
    with MongoClient(url) as client:
        name = f"test-{uuid.uuid4().hex}"
        yield client[name]
        if request.param == "mongodb":
            client.drop_database(name)
