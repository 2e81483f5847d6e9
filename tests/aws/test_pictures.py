"""Pictures in S3, with moto's server as the bucket."""

import hashlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dispatch.aws.pictures import S3Publisher
from dispatch.errors import PictureError
from dispatch.model.brand import Picture


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """boto3's client of a server with the bucket `pictures`."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="pictures")
    yield client
    server.stop()


def picture(data: bytes = b"\xff\xd8 a picture") -> Picture:
    digest = hashlib.sha256(data).hexdigest()
    return Picture(f"{digest[:32]}.jpg", digest, 10, 10, len(data), "image/jpeg", data)


def publisher(bucket: str = "pictures") -> S3Publisher:
    return S3Publisher(region="us-east-1", bucket=bucket, prefix="i/")


def test_a_picture_lies_under_its_name_with_its_kind_and_a_year_of_caching(s3: Any) -> None:
    made = picture()
    publisher().publish(made)
    found = s3.get_object(Bucket="pictures", Key=f"i/{made.name}")
    assert found["Body"].read() == made.data
    assert found["ContentType"] == "image/jpeg"
    assert found["CacheControl"] == "public, max-age=31536000, immutable"


def test_a_picture_that_is_there_is_not_put_again(s3: Any) -> None:
    made = picture()
    publisher().publish(made)
    before = s3.head_object(Bucket="pictures", Key=f"i/{made.name}")["LastModified"]
    s3.put_bucket_versioning(Bucket="pictures", VersioningConfiguration={"Status": "Enabled"})
    publisher().publish(made)
    versions = s3.list_object_versions(Bucket="pictures")["Versions"]
    assert len(versions) == 1
    assert s3.head_object(Bucket="pictures", Key=f"i/{made.name}")["LastModified"] == before


def test_what_is_damaged_there_is_put_again(s3: Any) -> None:
    made = picture()
    s3.put_object(Bucket="pictures", Key=f"i/{made.name}", Body=b"half")
    publisher().publish(made)
    assert s3.get_object(Bucket="pictures", Key=f"i/{made.name}")["Body"].read() == made.data


def test_a_bucket_that_is_not_there_is_told_with_what_to_do(s3: Any) -> None:
    with pytest.raises(PictureError) as caught:
        publisher("elsewhere").publish(picture())
    assert "NoSuchBucket" in caught.value.what
    assert caught.value.where.startswith("s3://elsewhere/i/")
    assert "[pictures] settings" in caught.value.todo
