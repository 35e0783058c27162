package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	enabled   = "chancery.dev/enabled"
	portName  = "grpc"
	byService = "service"
)

// kube serves the Services of a cluster that are enabled by their annotation.
type kube struct {
	linearCaches
	services corelisters.ServiceLister
	slices   cache.Indexer

	// Services and EndpointSlices tell of their events from goroutines of their own.
	lock sync.Mutex
	// names has what each Service is served as.
	names map[types.NamespacedName]string
}

// newKube returns when all that the cluster has at first is in the cache.
func newKube(ctx context.Context, kubeconfig string) (*kube, error) {
	if kubeconfig == "" {
		return nil, fmt.Errorf("%w: kube needs --kubeconfig", errUsage)
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("--kubeconfig: %w", err)
	}
	// The encoding that the components of Kubernetes use among themselves: quicker to read than JSON.
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	services := factory.Core().V1().Services()
	endpointSlices := factory.Discovery().V1().EndpointSlices().Informer()
	if err := endpointSlices.AddIndexers(cache.Indexers{byService: indexByService}); err != nil {
		return nil, err
	}
	k := &kube{
		linearCaches: newLinearCaches(nil, nil),
		services:     services.Lister(),
		slices:       endpointSlices.GetIndexer(),
		names:        make(map[types.NamespacedName]string),
	}
	served, err := services.Informer().AddEventHandler(handler(func(service *corev1.Service) types.NamespacedName {
		return types.NamespacedName{Namespace: service.Namespace, Name: service.Name}
	}, k.serviceChanged))
	if err != nil {
		return nil, err
	}
	filled, err := endpointSlices.AddEventHandler(handler(serviceOf, k.endpointsChanged))
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	// WaitForCacheSync of client-go looks only every 100 ms.
	return k, wait.PollUntilContextCancel(ctx, time.Millisecond, true, func(context.Context) (bool, error) {
		return served.HasSynced() && filled.HasSynced(), nil
	})
}

// handler calls changed with the Service that each event of an informer concerns.
func handler[T any](service func(T) types.NamespacedName, changed func(types.NamespacedName)) cache.ResourceEventHandler {
	on := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		if object, ok := object.(T); ok {
			changed(service(object))
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: on,
		UpdateFunc: func(before, after any) {
			// A label may have moved an EndpointSlice from one Service to another.
			if before, ok := before.(T); ok {
				if after, ok := after.(T); ok && service(before) != service(after) {
					changed(service(before))
				}
			}
			on(after)
		},
		DeleteFunc: on,
	}
}

// serviceOf is the Service that an EndpointSlice belongs to.
func serviceOf(slice *discoveryv1.EndpointSlice) types.NamespacedName {
	return types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}
}

func indexByService(object any) ([]string, error) {
	slice, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return nil, fmt.Errorf("not an EndpointSlice: %T", object)
	}
	return []string{serviceOf(slice).String()}, nil
}

// serviceChanged puts a Service into the caches, or takes it out.
func (k *kube) serviceChanged(key types.NamespacedName) {
	k.lock.Lock()
	defer k.lock.Unlock()
	before, after := k.names[key], k.nameOf(key)
	if before != "" && before != after {
		delete(k.names, key)
		report(k.clusters.DeleteResource(before))
		report(k.endpoints.DeleteResource(before))
	}
	if after != "" && before != after {
		k.names[key] = after
		report(k.clusters.UpdateResource(after, edsCluster(after)))
		report(k.endpoints.UpdateResource(after, k.assignment(key, after)))
	}
}

// endpointsChanged renders the assignment of a Service anew, at once.
func (k *kube) endpointsChanged(key types.NamespacedName) {
	k.lock.Lock()
	defer k.lock.Unlock()
	if name := k.names[key]; name != "" {
		report(k.endpoints.UpdateResource(name, k.assignment(key, name)))
	}
}

// nameOf is `<namespace>/<service>/<port number>` of an enabled Service, and otherwise empty.
func (k *kube) nameOf(key types.NamespacedName) string {
	service, err := k.services.Services(key.Namespace).Get(key.Name)
	if err != nil || service.Annotations[enabled] != "true" {
		return ""
	}
	for _, port := range service.Spec.Ports {
		if port.Name == portName {
			return fmt.Sprintf("%s/%s/%d", key.Namespace, key.Name, port.Port)
		}
	}
	return ""
}

// assignment has the ready endpoints of all EndpointSlices of a Service, in an order that stays.
func (k *kube) assignment(key types.NamespacedName, name string) *endpoint.ClusterLoadAssignment {
	objects, err := k.slices.ByIndex(byService, key.String())
	report(err)
	endpointSlices := make([]*discoveryv1.EndpointSlice, 0, len(objects))
	for _, object := range objects {
		if slice, ok := object.(*discoveryv1.EndpointSlice); ok {
			endpointSlices = append(endpointSlices, slice)
		}
	}
	slices.SortFunc(endpointSlices, func(a, b *discoveryv1.EndpointSlice) int { return strings.Compare(a.Name, b.Name) })
	var endpoints []*endpoint.LbEndpoint
	for _, slice := range endpointSlices {
		port := slices.IndexFunc(slice.Ports, func(port discoveryv1.EndpointPort) bool {
			return port.Name != nil && *port.Name == portName && port.Port != nil
		})
		if port < 0 {
			continue
		}
		for _, each := range slice.Endpoints {
			// Not to know counts as ready, says the API.
			if ready := each.Conditions.Ready; len(each.Addresses) > 0 && (ready == nil || *ready) {
				endpoints = append(endpoints, lbEndpoint(each.Addresses[0], uint32(*slice.Ports[port].Port)))
			}
		}
	}
	return loadAssignment(name, endpoints)
}

func (k *kube) change(int, uint32) (int64, error) {
	return 0, fmt.Errorf("%w: kube takes changes from the cluster", errUsage)
}

// report says what went wrong with one Service; the others go on.
func report(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "error %v\n", err)
	}
}
