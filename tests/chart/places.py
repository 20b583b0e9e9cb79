"""Every place in a TodoChat that names a Secret: the path in the definition, and a spec that names one there
(`theirs-app` or `mine-app`)."""

HEADERS = lambda name: [{"name": "Authorization", "secretKeyRef": {"name": name, "key": "k"}}]
ENV = lambda name: [{"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}]
EXTERNAL = lambda **login: {"mode": "External", "external": {"host": "pg.example", "database": "d", "systemRoots": True, **login}}

PLACES = [
    ("chat.model.apiKey", lambda name: {"chat": {"model": {"name": "m", "apiKey": {"name": name, "key": "k"}}}}),
    ("chat.auth.inviteCodes", lambda name: {"chat": {"auth": {"signup": "Invite", "inviteCodes": {"name": name, "key": "k"}}}}),
    ("chat.env[].valueFrom.secretKeyRef", lambda name: {"chat": {"env": ENV(name)}}),
    ("toolServers[].env[].valueFrom.secretKeyRef", lambda name: {"toolServers": [{"name": "t", "env": ENV(name)}]}),
    (
        "toolServers[].source.remote.headersFrom[].secretKeyRef",
        lambda name: {"toolServers": [{"name": "t", "source": {"type": "Remote", "remote": {"url": "https://t.example/mcp", "headersFrom": HEADERS(name)}}}]},
    ),
    ("database.external.admin", lambda name: {"database": EXTERNAL(admin={"name": name})}),
    ("database.external.credentials", lambda name: {"database": EXTERNAL(credentials={"name": name})}),
    (
        "database.backup.destination.s3.credentials",
        lambda name: {"database": {"backup": {"schedule": "0 3 * * *", "destination": {"type": "S3", "s3": {
            "endpoint": "https://s3.example", "bucket": "backups", "credentials": {"name": name}}}}}},
    ),
    # The login of the cluster's application: Secret <cluster>-app.
    ("database.cnpg.clusterRef", lambda name: {"database": {"mode": "CNPG", "cnpg": {"clusterRef": {"name": name.removesuffix("-app")}}}}),
    ("exposure.tls.secretRef", lambda name: {"exposure": {"tls": {"secretRef": {"name": name}}}}),
    ("imagePullSecrets[]", lambda name: {"imagePullSecrets": [{"name": name}]}),
]


def places_of_definition(definition):
    """The paths of all objects in the spec that have a name and whose description, or whose name's, speaks of a Secret."""
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    found = set()

    def walk(schema, path, described):
        described = schema.get("description", described)
        properties = schema.get("properties", {})
        if "items" in schema:
            walk(schema["items"], f"{path}[]", described)
        if "name" in properties and "Secret" in described + properties["name"].get("description", ""):
            found.add(path)
        for name, part in properties.items():
            walk(part, f"{path}.{name}".lstrip("."), "")

    walk(spec, "", "")
    return found
