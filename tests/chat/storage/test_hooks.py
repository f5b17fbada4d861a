"""What we lean on though it isn't public: if a new version moves it, the test that fails here says what it was."""

import mongomock


def test_a_collection_of_mongomocks_counts_its_documents_by_store():
    collection = mongomock.MongoClient().get_database("chat")["messages"]
    collection.insert_one({"_id": 1})
    assert len(collection._store) == 1
