"""Load balancers, listeners, rules and target groups against the emulator."""

import pytest

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGETS = "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
CERTIFICATE = "aws:acm/certificate:Certificate"

pytestmark = pytest.mark.emulator


@pytest.fixture
def network(client):
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.30.{index}.0/24", AvailabilityZone=f"eu-west-1{zone}"
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("abc")
    ]
    group = ec2.create_security_group(GroupName="lb", Description="lb", VpcId=vpc)["GroupId"]
    return vpc, subnets, group


def test_balancer_lives_and_dies(stack, network, client):
    vpc, subnets, group = network
    made = stack.create(
        BALANCER,
        "web",
        subnets=subnets,
        securityGroups=[group],
        dropInvalidHeaderFields=True,
        tags={"a": "b"},
    )
    assert made.outputs["arnSuffix"] == made.id.partition(":loadbalancer/")[2]
    assert (made.outputs["vpcId"], made.outputs["internal"]) == (vpc, False)
    assert stack.found_again(BALANCER, "web")
    stack.update(
        BALANCER,
        "web",
        "dropInvalidHeaderFields",
        "enableDeletionProtection",
        "idleTimeout",
        "subnets",
        "tags",
        "tagsAll",
        subnets=subnets[:2],
        securityGroups=[group],
        idleTimeout=120,
        enableDeletionProtection=True,
    )
    answer = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=made.id)
    values = {pair["Key"]: pair["Value"] for pair in answer["Attributes"]}
    assert values["idle_timeout.timeout_seconds"] == "120"
    assert "deletion protection is on" in stack.deletion_refused(BALANCER, "web")
    stack.update(
        BALANCER,
        "web",
        "enableDeletionProtection",
        subnets=subnets[:2],
        securityGroups=[group],
        idleTimeout=120,
    )
    assert stack.replaced_by(
        BALANCER, "web", subnets=subnets[:2], securityGroups=[group], internal=True
    ) == ("internal",)


def test_network_balancer_has_no_attributes_of_application_ones(stack, network):
    _, subnets, _ = network
    made = stack.create(BALANCER, "tcp", subnets=subnets, loadBalancerType="network", internal=True)
    assert "idleTimeout" not in made.outputs
    stack.update(
        BALANCER,
        "tcp",
        "enableCrossZoneLoadBalancing",
        subnets=subnets,
        loadBalancerType="network",
        internal=True,
        enableCrossZoneLoadBalancing=True,
    )


def test_bad_balancer_is_refused(stack, network):
    _, subnets, _ = network
    assert "two different Availability Zones" in stack.refused(BALANCER, "b", subnets=subnets[:1])
    assert "SubnetNotFound" in stack.refused(BALANCER, "b", subnets=["subnet-0123456789abcdef0"])
    assert "InvalidSecurityGroup" in stack.refused(
        BALANCER, "b", subnets=subnets, securityGroups=["sg-0123456789abcdef0"]
    )


def test_target_group_lives_and_dies(stack, network, client):
    vpc, _, _ = network
    fixed = {"port": 80, "protocol": "HTTP", "vpcId": vpc, "targetType": "ip"}
    made = stack.create(TARGETS, "web", **fixed, healthCheck={"path": "/health"}, tags={"a": "b"})
    assert made.outputs["healthCheck"]["matcher"] == "200"
    assert stack.found_again(TARGETS, "web")
    stack.update(
        TARGETS,
        "web",
        "deregistrationDelay",
        "healthCheck",
        "stickiness",
        "tags",
        "tagsAll",
        **fixed,
        deregistrationDelay=30,
        healthCheck={"path": "/healthz", "interval": 10},
        stickiness={"type": "lb_cookie", "cookieDuration": 600},
    )
    found = client("elbv2").describe_target_groups(TargetGroupArns=[made.id])["TargetGroups"][0]
    assert (found["HealthCheckPath"], found["HealthCheckIntervalSeconds"]) == ("/healthz", 10)
    assert stack.replaced_by(TARGETS, "web", **{**fixed, "port": 81}) == ("port",)


def test_tcp_target_group_has_its_own_defaults(stack, network):
    vpc, _, _ = network
    made = stack.create(TARGETS, "tcp", port=5432, protocol="TCP", vpcId=vpc)
    check = made.outputs["healthCheck"]
    assert (check["protocol"], check["timeout"], check["matcher"]) == ("TCP", 10, "")
    assert made.outputs["stickiness"]["type"] == "source_ip"
    assert made.outputs["loadBalancingAlgorithmType"] is None


def test_listeners_and_rules_live_and_die(stack, network):
    vpc, subnets, group = network
    balancer = stack.create(BALANCER, "lb", subnets=subnets, securityGroups=[group])
    targets = stack.create(TARGETS, "tg", port=80, protocol="HTTP", vpcId=vpc, targetType="ip")
    certificate = stack.create(
        CERTIFICATE, "cert", domainName="shop.example.com", validationMethod="DNS"
    )
    redirect = {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}
    plain = stack.create(
        LISTENER,
        "http",
        loadBalancerArn=balancer.id,
        port=80,
        protocol="HTTP",
        defaultActions=[{"type": "redirect", "redirect": redirect}],
    )
    assert plain.outputs["sslPolicy"] == ""
    encrypted = {
        "loadBalancerArn": balancer.id,
        "port": 443,
        "protocol": "HTTPS",
        "certificateArn": certificate.id,
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    }
    not_found = {"contentType": "text/plain", "statusCode": "404"}
    https = stack.create(
        LISTENER,
        "https",
        **encrypted,
        tags={"a": "b"},
        defaultActions=[{"type": "fixed-response", "fixedResponse": not_found}],
    )
    assert stack.found_again(LISTENER, "https")
    forward = {"type": "forward", "targetGroupArn": targets.id}
    stack.update(
        LISTENER,
        "https",
        "defaultActions",
        "tags",
        "tagsAll",
        **encrypted,
        defaultActions=[forward],
    )
    weighted = {"type": "forward", "forward": {"targetGroups": [{"arn": targets.id, "weight": 1}]}}
    conditions = [
        {"pathPattern": {"values": ["/api", "/api/*"]}},
        {"hostHeader": {"values": ["shop.example.com"]}},
        {"queryStrings": [{"key": "version", "value": "1"}]},
    ]
    rule = stack.create(
        RULE, "api", listenerArn=https.id, actions=[weighted], conditions=conditions
    )
    assert rule.outputs["priority"] == 1
    stack.update(
        RULE,
        "api",
        "actions",
        "conditions",
        "priority",
        listenerArn=https.id,
        priority=20,
        actions=[forward],
        conditions=conditions[:1],
    )
    assert stack.found_again(RULE, "api")
    assert "ResourceInUse" in stack.deletion_refused(TARGETS, "tg")


def test_listener_without_a_protocol_has_its_load_balancers(stack, network):
    """HTTP for an application load balancer; none, and no port, for a gateway one."""
    vpc, subnets, group = network
    balancer = stack.create(BALANCER, "alb", subnets=subnets, securityGroups=[group])
    targets = stack.create(TARGETS, "web", port=80, protocol="HTTP", vpcId=vpc, targetType="ip")
    inputs = {
        "loadBalancerArn": balancer.id,
        "port": 8080,
        "defaultActions": [{"type": "forward", "targetGroupArn": targets.id}],
    }
    assert stack.create(LISTENER, "plain", **inputs).outputs["protocol"] == "HTTP"
    stack.update(LISTENER, "plain", "port", **{**inputs, "port": 8081})
    gateway = stack.create(BALANCER, "gw", loadBalancerType="gateway", subnets=subnets)
    appliances = stack.create(TARGETS, "fw", port=6081, protocol="GENEVE", vpcId=vpc)
    made = stack.create(
        LISTENER,
        "through",
        loadBalancerArn=gateway.id,
        defaultActions=[{"type": "forward", "targetGroupArn": appliances.id}],
    )
    assert (made.outputs["protocol"], made.outputs["port"]) == ("", 0)
    assert stack.found_again(LISTENER, "through")


@pytest.mark.parametrize(
    ("type_", "inputs", "property_"),
    [
        (BALANCER, {"name": "-a"}, "name"),
        (BALANCER, {"name": "internal-a"}, "name"),
        (TARGETS, {"name": "a--" * 20, "targetType": "lambda"}, "name"),
        (TARGETS, {"targetType": "pod"}, "targetType"),
        (TARGETS, {"port": 80, "protocol": "HTTP"}, "vpcId"),
    ],
)
def test_bad_arguments_fail_the_check(stack, type_, inputs, property_):
    urn = f"urn:pulumi:test::seawall::{type_}::bad"
    failures = stack.provider.check(urn, type_, None, inputs, b"seed").failures
    assert [failure.property for failure in failures] == [property_]
