"""What stands of the labs, as AWS lists it: what a reset must have taken away."""

from typing import Any

from tests.functional.participant import Participant


def what_labs_make(participant: Participant) -> dict[str, list[str]]:
    """Return the names of everything that labs make, by service."""
    ask = participant.aws
    services = [
        arn
        for cluster in ("workshop-staging", "workshop-prod")
        for arn in ask("ecs").list_services(cluster=cluster)["serviceArns"]
    ]
    rules = ask("events").list_rules(NamePrefix="workshop-")["Rules"]
    groups = ask("logs").describe_log_groups(logGroupNamePrefix="/ecs-workshop/")["logGroups"]
    images = ask("ecr").describe_repositories()["repositories"]
    return {
        "codecommit": names(
            ask("codecommit").list_repositories()["repositories"], "repositoryName"
        ),
        "ecr": names(images, "repositoryName"),
        "codebuild": ask("codebuild").list_projects()["projects"],
        "codepipeline": names(ask("codepipeline").list_pipelines()["pipelines"], "name"),
        "ecs": services,
        "revisions": ask("ecs").list_task_definitions()["taskDefinitionArns"],
        "target groups": names(ask("elbv2").describe_target_groups()["TargetGroups"], "Arn"),
        "rules": names(rules, "Name"),
        "log groups": names(groups, "logGroupName"),
        "roles": names(ask("iam").list_roles()["Roles"], "RoleName"),
        "buckets": [
            bucket["Name"]
            for bucket in ask("s3").list_buckets()["Buckets"]
            if not bucket["Name"].startswith("ecs-workshop-state-")
        ],
    }


def names(found: list[dict[str, Any]], key: str) -> list[str]:
    return [str(one.get(key) or one) for one in found]


def what_lab_2_makes(participant: Participant) -> dict[str, list[Any]]:
    """Return what stands of lab 2, by kind."""
    ask = participant.aws
    groups = ask("elbv2").describe_target_groups()["TargetGroups"]
    logs = ask("logs").describe_log_groups(logGroupNamePrefix="/ecs-workshop/")["logGroups"]
    roles = ask("iam").list_roles()["Roles"]
    pipeline = ask("codepipeline").get_pipeline(name="workshop-hello-server")["pipeline"]
    return {
        "applications": ask("codedeploy").list_applications()["applications"],
        "topics": ask("sns").list_topics()["Topics"],
        "services": ask("ecs").list_services(cluster="workshop-prod")["serviceArns"],
        "revisions": ask("ecs").list_task_definitions(familyPrefix="workshop-hello-server-prod")[
            "taskDefinitionArns"
        ],
        "tasks": ask("ecs").list_tasks(cluster="workshop-prod")["taskArns"],
        "target groups": [
            one["TargetGroupName"] for one in groups if "-prod-" in one["TargetGroupName"]
        ],
        "log groups": [
            one["logGroupName"] for one in logs if one["logGroupName"].endswith("/prod")
        ],
        "roles": [
            one["RoleName"]
            for one in roles
            if "prod" in one["RoleName"] or "codedeploy" in one["RoleName"]
        ],
        "stages": [
            one["name"] for one in pipeline["stages"] if one["name"] in {"Approve", "DeployProd"}
        ],
    }
