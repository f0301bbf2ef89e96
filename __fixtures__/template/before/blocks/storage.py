"""Writes the S3 block by hand."""

import os

from prefect.filesystems import S3

S3(
    bucket_path="acme-flows-code/prod",
    aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
    aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
).save("prod", overwrite=True)
