"""A local AWS on moto 5.2.1 in which `cdk deploy`, Step Functions, Lambda functions and Fargate tasks really run.

Each module mends one thing of moto and says why. What only AWS can show (IAM, lifecycle, replication, schedules that fire, alarms that
ring) is not simulated.
"""
