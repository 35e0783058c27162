package main

import (
	"context"
	"maps"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// everyNode puts all clients into one group, so that a change is one SetSnapshot.
type everyNode struct{}

func (everyNode) ID(*core.Node) string { return "every node" }

// snapshots serves a world from a SnapshotCache.
type snapshots struct {
	cache   cache.SnapshotCache
	current *cache.Snapshot
	world   world
	version uint64
}

func newSnapshot(world world) (*snapshots, error) {
	clusters := make([]types.Resource, world.services)
	endpoints := make([]types.Resource, world.services)
	for service := range world.services {
		clusters[service] = edsCluster(world.name(service))
		endpoints[service] = world.assignment(service, 0)
	}
	first, err := cache.NewSnapshot("0", map[resource.Type][]types.Resource{
		resource.ClusterType:  clusters,
		resource.EndpointType: endpoints,
	})
	if err != nil {
		return nil, err
	}
	if err := first.Consistent(); err != nil {
		return nil, err
	}
	s := &snapshots{
		// With ads=true a request in the state of the world that doesn't name every assignment of the
		// snapshot is never answered, and clients here may want only some. Delta and the order within
		// one type don't need it, and it sorts all watches on each change.
		cache:   cache.NewSnapshotCache(false, everyNode{}, nil),
		current: first,
		world:   world,
	}
	return s, s.set(first)
}

func (s *snapshots) served() cache.Cache { return s.cache }

func (s *snapshots) set(snapshot *cache.Snapshot) error {
	s.current = snapshot
	return s.cache.SetSnapshot(context.Background(), everyNode{}.ID(nil), snapshot)
}

func (s *snapshots) change(service int, sequence uint32) (int64, error) {
	if err := s.world.checkService(service); err != nil {
		return 0, err
	}
	name, assignment := s.world.name(service), s.world.assignment(service, sequence)
	at, err := monotonic()
	if err != nil {
		return 0, err
	}
	// Streams may still read the map of the snapshot before. VersionMap stays nil, as it must until
	// the cache itself constructs it (which hashes every resource, and only if there are delta watches).
	s.version++
	items := maps.Clone(s.current.Resources[types.Endpoint].Items)
	items[name] = types.ResourceWithTTL{Resource: assignment}
	next := &cache.Snapshot{Resources: s.current.Resources}
	next.Resources[types.Endpoint] = cache.Resources{Version: strconv.FormatUint(s.version, 10), Items: items}
	return at, s.set(next)
}
