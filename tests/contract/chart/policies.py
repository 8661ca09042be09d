"""What network policies let through, by the rules of Kubernetes: a pod that any policy of a direction selects is closed in this
direction but for what some of them lists."""

import ipaddress


class Pod:
    def __init__(self, name, labels, namespace):
        self.name, self.labels, self.namespace = name, labels, namespace


class Address:
    """Somewhere outside the cluster."""

    def __init__(self, address):
        self.name, self.address = address, ipaddress.ip_address(address)


def selects(selector, labels):
    if set(selector) - {"matchLabels"}:
        raise ValueError(f"a selector that is not understood here: {selector}")
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def is_peer(peer, other, namespace):
    if "ipBlock" in peer:
        return isinstance(other, Address) and other.address in ipaddress.ip_network(peer["ipBlock"]["cidr"])
    if isinstance(other, Address):
        return False
    if "namespaceSelector" in peer:
        within = selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace})
    else:
        within = other.namespace == namespace
    return within and selects(peer.get("podSelector", {}), other.labels)


def passes(policies, pod, direction, other, port, protocol="TCP"):
    """Whether `pod`, of the release, may send to (Egress) or hear from (Ingress) the other one."""
    closing = [one["spec"] for one in policies
               if direction in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], pod.labels)]
    rules = [rule for one in closing for rule in one.get(direction.lower(), [])]
    side = "to" if direction == "Egress" else "from"
    # Without peers or ports a rule is about all of them.
    return not closing or any(
        (not rule.get(side) or any(is_peer(peer, other, pod.namespace) for peer in rule[side]))
        and (not rule.get("ports") or any(one["port"] == port and one.get("protocol", "TCP") == protocol for one in rule["ports"]))
        for rule in rules)
