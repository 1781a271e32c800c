"""Amazon ECS: clusters, task definitions, services and tasks, as AWS's API shows them.

What runs, and the way to it, is the task runner's: this package only records what is wanted and
shows what is. Source: the botocore model of ecs, and the ECS developer guide.
"""
