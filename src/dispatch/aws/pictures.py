"""S3Publisher: a Publisher into an S3 bucket, in front of which a CDN answers at `<public_url>/i/`.

Sources: S3 API reference, PutObject and GetObject; RFC 8246 (`immutable`). Names follow from the content, so an object
never changes and may be cached for ever.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dispatch.aws.client import s3_client
from dispatch.errors import PictureError
from dispatch.model.brand import Picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: a year, and never asked again
CACHE_CONTROL = "public, max-age=31536000, immutable"
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class S3Publisher:
    """Puts pictures into a bucket, each under its name, and reads each back before it counts as published."""

    def __init__(self, *, region: str, bucket: str, prefix: str) -> None:
        self._client: S3Client = s3_client(region)
        self._bucket = bucket
        self._prefix = prefix

    def publish(self, picture: Picture) -> None:
        """Put the picture there, unless it is there already, and read it back. Raises PictureError."""
        key = f"{self._prefix}{picture.name}"
        try:
            if self._read(key) == picture.data:
                return
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=picture.data,
                ContentType=picture.media_type,
                CacheControl=CACHE_CONTROL,
            )
            found = self._read(key)
        except (ClientError, BotoCoreError) as err:
            raise PictureError(
                f"A picture cannot be published: {_words(err)}.",
                where=f"s3://{self._bucket}/{key}",
                todo="Check the [pictures] settings, and that these credentials may put and get objects there.",
            ) from err
        if found != picture.data:
            raise PictureError(
                "A published picture reads back otherwise than it was put.",
                where=f"s3://{self._bucket}/{key}",
                todo="Something changes objects in that bucket; a bucket for dispatch alone is best.",
            )

    def _read(self, key: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as err:
            if str(err.response.get("Error", {}).get("Code")) in _ABSENT:
                return None
            raise


def _words(err: ClientError | BotoCoreError) -> str:
    if isinstance(err, ClientError):
        found = err.response.get("Error", {})
        return f"{found.get('Code', '')} {found.get('Message', '')}".strip().rstrip(".")
    return str(err).rstrip(".")
