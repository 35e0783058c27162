// rival is go-control-plane, set up as its authors would, to be measured beside Chancery.
//
//	rival linear   --services 1000 --endpoints 10   a LinearCache for each of CDS and EDS
//	rival snapshot --services 1000 --endpoints 10   a SnapshotCache with one snapshot for all nodes
//	rival kube     --kubeconfig FILE                LinearCaches, fed by informers of client-go
//
// It serves ADS (delta and state of the world) in plain text on 127.0.0.1, on a free port or the one of --port. The first
// line on stdout is "listening PORT", as soon as all resources are in the cache.
//
// Commands come on stdin, one a line. "change N SEQ" gives the first endpoint of Service N the
// address with sequence number SEQ and answers, when the cache has returned, "changed SEQ NANOSECONDS":
// CLOCK_MONOTONIC just before the cache was touched. "quit", or the end of stdin, ends the program.
// Anything else is an error and exit code 2. kube has no "change": it takes what the cluster says.
//
// resources.go has the names and addresses that the load generator relies on. ./setup builds the program.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// errUsage marks what the caller did wrong, which is exit code 2; all else is exit code 1.
var errUsage = errors.New("usage")

// A rival is a cache to serve from and a way to change what is in it.
type rival interface {
	// served is what streams read from.
	served() cache.Cache
	// change puts the sequence number into the address of the first endpoint of a Service, and
	// returns CLOCK_MONOTONIC in nanoseconds, taken just before the cache was touched.
	change(service int, sequence uint32) (int64, error)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error %v\n", err)
		if errors.Is(err, errUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rival, port, err := start(ctx, args)
	if err != nil {
		return err
	}
	port, failed, err := serve(ctx, port, rival.served())
	if err != nil {
		return err
	}
	fmt.Printf("listening %d\n", port)

	done := make(chan error, 1)
	go func() { done <- obey(rival) }()
	select {
	case err := <-done:
		return err
	case err := <-failed:
		return err
	}
}

// start makes the rival that the arguments name, with all that it will serve at first, and says on which port.
func start(ctx context.Context, args []string) (rival, int, error) {
	if len(args) == 0 {
		return nil, 0, fmt.Errorf("%w: rival linear|snapshot|kube", errUsage)
	}
	flags := flag.NewFlagSet("rival "+args[0], flag.ContinueOnError)
	var world world
	var kubeconfig string
	port := flags.Int("port", 0, "where to listen; 0 is a free port")
	switch args[0] {
	case "linear", "snapshot":
		flags.IntVar(&world.services, "services", 1000, "how many Services")
		flags.IntVar(&world.endpoints, "endpoints", 10, "how many endpoints each has")
	case "kube":
		flags.StringVar(&kubeconfig, "kubeconfig", "", "how to reach the cluster")
	default:
		return nil, 0, fmt.Errorf("%w: no such rival: %q", errUsage, args[0])
	}
	if err := flags.Parse(args[1:]); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return nil, 0, fmt.Errorf("%w: unexpected argument %q", errUsage, flags.Arg(0))
	}
	if args[0] == "kube" {
		rival, err := newKube(ctx, kubeconfig)
		return rival, *port, err
	}
	if err := world.check(); err != nil {
		return nil, 0, err
	}
	if args[0] == "linear" {
		return newLinear(world), *port, nil
	}
	rival, err := newSnapshot(world)
	return rival, *port, err
}

// obey does what stdin says until it ends or says quit.
func obey(rival rival) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 1 && words[0] == "quit":
			return nil
		case len(words) == 3 && words[0] == "change":
			service, err := strconv.ParseUint(words[1], 10, 31)
			if err != nil {
				return fmt.Errorf("%w: change: %w", errUsage, err)
			}
			sequence, err := strconv.ParseUint(words[2], 10, 24)
			if err != nil {
				return fmt.Errorf("%w: change: %w", errUsage, err)
			}
			at, err := rival.change(int(service), uint32(sequence))
			if err != nil {
				return err
			}
			fmt.Printf("changed %d %d\n", sequence, at)
		default:
			return fmt.Errorf("%w: unknown command %q", errUsage, lines.Text())
		}
	}
	return lines.Err()
}
