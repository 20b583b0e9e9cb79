"""The restricted Pod Security Standard, rule by rule (kubernetes.io/docs/concepts/security/pod-security-standards)."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SECCOMP = {"RuntimeDefault", "Localhost"}
APPARMOR = {"RuntimeDefault", "Localhost"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def restricted(pod):
    """What the pod breaks; nothing if it is restricted."""
    broken = [name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    for volume in pod.get("volumes", []):
        broken += [f"volume {volume['name']}: {kind}" for kind in volume.keys() - {"name"} - VOLUMES]
    whole = pod.get("securityContext", {})
    broken += [f"sysctl {one['name']}" for one in whole.get("sysctls", []) if one["name"] not in SYSCTLS]
    broken += loose("pod", whole)
    for container in pod["containers"] + pod.get("initContainers", []) + pod.get("ephemeralContainers", []):
        broken += [f"{container['name']}: {rule}" for rule in of_container(container, whole)]
    return broken


def loose(where, context):
    """Rules for a pod's security context and for a container's alike."""
    broken = []
    if context.get("runAsUser") == 0:
        broken.append(f"{where} runs as root")
    if context.get("runAsNonRoot") is False:
        broken.append(f"{where} may run as root")
    if context.get("seLinuxOptions", {}).get("type") not in SELINUX or {"user", "role"} & context.get("seLinuxOptions", {}).keys():
        broken.append(f"{where} has SELinux options")
    if context.get("windowsOptions", {}).get("hostProcess"):
        broken.append(f"{where} is a process of the host")
    if "appArmorProfile" in context and context["appArmorProfile"]["type"] not in APPARMOR:
        broken.append(f"{where} has no AppArmor")
    if "seccompProfile" in context and context["seccompProfile"]["type"] not in SECCOMP:
        broken.append(f"{where} has no seccomp")
    return broken


def of_container(container, whole):
    context = container.get("securityContext", {})
    broken = loose("container", context)
    if context.get("privileged"):
        broken.append("privileged")
    if context.get("allowPrivilegeEscalation") is not False:
        broken.append("may escalate")
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []) or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        broken.append("has capabilities")
    if context.get("procMount", "Default") != "Default":
        broken.append("sees all of /proc")
    if any(port.get("hostPort") for port in container.get("ports", [])):
        broken.append("has a port of the host")
    if not context.get("runAsNonRoot", whole.get("runAsNonRoot")):
        broken.append("may run as root")
    if not (context.get("seccompProfile") or whole.get("seccompProfile")):
        broken.append("has no seccomp")
    return broken
