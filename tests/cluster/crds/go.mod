// Where the optional CRDs come from: `cluster crds` reads them out of these modules. Nothing here is built.
module todochat.local/cluster/crds

go 1.26

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.5.1
)
