"""Writes the ECSTask block by hand, with what the first workflow leaves out.

pip install prefect prefect-aws
prefect block register -m prefect_aws.ecs
"""

from prefect_aws.ecs import AwsCredentials, ECSTask


def write_block():
    ECSTask(
        aws_credentials=AwsCredentials.load("prod"),
        image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/dataflows:latest",
        cpu="512",
        memory="1024",
        cluster="prefect-agents",
        vpc_id="vpc-0a1b2c3d4e5f60718",
        execution_role_arn="arn:aws:iam::123456789012:role/dataflows_execution",
        task_role_arn="arn:aws:iam::123456789012:role/dataflows_task",
        configure_cloudwatch_logs=True,
        stream_output=True,
        env={"WAREHOUSE_REGION": "north"},
        task_customizations=[
            {"op": "replace", "path": "/networkConfiguration/awsvpcConfiguration/assignPublicIp", "value": "DISABLED"},
            {
                "op": "add",
                "path": "/networkConfiguration/awsvpcConfiguration/subnets",
                "value": ["subnet-0a1b2c3d4e5f60718", "subnet-0b1c2d3e4f5061728"],
            },
        ],
    ).save("prod", overwrite=True)


if __name__ == "__main__":
    write_block()
