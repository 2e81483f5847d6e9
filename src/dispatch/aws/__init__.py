"""All of boto3."""
