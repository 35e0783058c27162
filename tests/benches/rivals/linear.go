package main

import (
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// linearCaches is what the library has for assignments that many clients share: one LinearCache per
// type, which wakes only those who subscribed to what changed.
type linearCaches struct {
	clusters, endpoints *cache.LinearCache
}

func newLinearCaches(clusters, endpoints map[string]types.Resource) linearCaches {
	return linearCaches{
		clusters:  cache.NewLinearCache(resource.ClusterType, cache.WithInitialResources(clusters)),
		endpoints: cache.NewLinearCache(resource.EndpointType, cache.WithInitialResources(endpoints)),
	}
}

func (l linearCaches) served() cache.Cache {
	return &cache.MuxCache{
		Classify:      func(request *cache.Request) string { return request.GetTypeUrl() },
		ClassifyDelta: func(request *cache.DeltaRequest) string { return request.GetTypeUrl() },
		Caches: map[string]cache.Cache{
			resource.ClusterType:  l.clusters,
			resource.EndpointType: l.endpoints,
		},
	}
}

// linear serves a world from LinearCaches.
type linear struct {
	linearCaches
	world world
}

func newLinear(world world) linear {
	clusters := make(map[string]types.Resource, world.services)
	endpoints := make(map[string]types.Resource, world.services)
	for service := range world.services {
		name := world.name(service)
		clusters[name] = edsCluster(name)
		endpoints[name] = world.assignment(service, 0)
	}
	return linear{linearCaches: newLinearCaches(clusters, endpoints), world: world}
}

func (l linear) change(service int, sequence uint32) (int64, error) {
	if err := l.world.checkService(service); err != nil {
		return 0, err
	}
	name, assignment := l.world.name(service), l.world.assignment(service, sequence)
	at, err := monotonic()
	if err != nil {
		return 0, err
	}
	return at, l.endpoints.UpdateResource(name, assignment)
}
