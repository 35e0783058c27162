// A gRPC client of grpc-go that does what its standard input says: see ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/admin"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds"
)

type options struct {
	Headers  map[string]string `json:"headers"`
	Deadline int               `json:"deadline_ms"`
}

type command struct {
	options
	Call  *int     `json:"call"`
	Start *float64 `json:"start"`
	Stop  bool     `json:"stop"`
	State bool     `json:"state"`
	Dial  []string `json:"dial"`
	On    string   `json:"on"`
}

type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type outcome struct {
	lock   sync.Mutex
	Pods   map[string]int `json:"pods"`
	Errors []failure      `json:"errors"`
}

func newOutcome() *outcome { return &outcome{Pods: map[string]int{}, Errors: []failure{}} }

func (o *outcome) call(channel *grpc.ClientConn, with options) {
	context, cancel := context.WithTimeout(context.Background(), time.Duration(with.Deadline)*time.Millisecond)
	defer cancel()
	context = metadata.NewOutgoingContext(context, metadata.New(with.Headers))
	request, response := echoRequest("hello"), echoResponse{}
	err := channel.Invoke(context, "/chancery.echo.v1.Echo/Echo", request, &response, grpc.ForceCodecV2(echoCodec{}))
	o.lock.Lock()
	defer o.lock.Unlock()
	if err != nil {
		failed := status.Convert(err)
		o.Errors = append(o.Errors, failure{int(failed.Code()), failed.Message()})
		return
	}
	o.Pods[response.pod]++
}

// background calls at a rate, each call beside the others, until it is stopped.
type background struct {
	outcome *outcome
	stop    chan struct{}
	ended   sync.WaitGroup
}

func start(channel *grpc.ClientConn, rate float64, with options) *background {
	b := &background{outcome: newOutcome(), stop: make(chan struct{})}
	ticker := time.NewTicker(time.Duration(float64(time.Second) / rate))
	b.ended.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				b.ended.Go(func() { b.outcome.call(channel, with) })
			case <-b.stop:
				return
			}
		}
	})
	return b
}

func (o *outcome) MarshalJSON() ([]byte, error) {
	o.lock.Lock()
	defer o.lock.Unlock()
	return json.Marshal(map[string]any{"pods": o.Pods, "errors": o.Errors})
}

// channels are the one that the program was started with, whose target is "", and those dialled since, by target.
type channels map[string]*grpc.ClientConn

// dial makes these targets the dialled ones, and says what refused to be one.
func (c channels) dial(targets []string, with []grpc.DialOption) map[string]string {
	refused := map[string]string{}
	for _, target := range targets {
		if c[target] != nil {
			continue
		}
		channel, err := grpc.NewClient(target, with...)
		if err != nil {
			refused[target] = err.Error()
			continue
		}
		channel.Connect()
		c[target] = channel
	}
	for target, channel := range c {
		if target != "" && !slices.Contains(targets, target) {
			channel.Close()
			delete(c, target)
		}
	}
	return refused
}

// introduce serves CSDS, and says the first line.
func introduce() (*json.Encoder, error) {
	server := grpc.NewServer()
	if _, err := admin.Register(server); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go server.Serve(listener)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return out, out.Encode(map[string]any{"version": grpc.Version, "csds": listener.Addr().String()})
}

func run(target string, idle []string) error {
	dial := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if len(idle) > 0 {
		milliseconds, err := strconv.Atoi(idle[0])
		if err != nil {
			return err
		}
		dial = append(dial, grpc.WithIdleTimeout(time.Duration(milliseconds)*time.Millisecond))
	}
	first, err := grpc.NewClient(target, dial...)
	if err != nil {
		return err
	}
	dialled := channels{"": first}
	out, err := introduce()
	if err != nil {
		return err
	}
	var behind *background
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		asked := command{options: options{Deadline: 5000}}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		channel := dialled[asked.On]
		var answer any
		switch {
		case asked.Call != nil:
			outcome := newOutcome()
			for range *asked.Call {
				outcome.call(channel, asked.options)
			}
			answer = outcome
		case asked.Start != nil:
			behind = start(channel, *asked.Start, asked.options)
			answer = behind.outcome
		case asked.Stop:
			close(behind.stop)
			behind.ended.Wait()
			answer = behind.outcome
		case asked.State:
			answer = map[string]string{"state": channel.GetState().String()}
		case asked.Dial != nil:
			answer = map[string]any{"refused": dialled.dial(asked.Dial, dial)}
		default:
			return fmt.Errorf("not a command: %s", lines.Text())
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	var err error
	if os.Args[1] == "--serve" {
		err = serve(os.Args[2], os.Args[3])
	} else {
		err = run(os.Args[1], os.Args[2:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
