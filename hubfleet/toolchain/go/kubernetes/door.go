package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

func init() { programs["api-door"] = openDoor }

// openDoor passes TCP connections from one address on to another. The API server listens on loopback
// only; pods can not reach that, so they get this door on the pod bridge's own address. TLS runs
// through it untouched, from the pod to the API server.
func openDoor() int {
	listen := flag.String("listen", "", "address and port that pods connect to")
	target := flag.String("target", "", "address and port of the API server")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "api-door:", err)
		return 1
	}
	ctx := serverContext()
	context.AfterFunc(ctx, func() { listener.Close() })
	for {
		visitor, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			return 0
		case err != nil: // too many open files, for example: it passes
			fmt.Fprintln(os.Stderr, "api-door:", err)
			time.Sleep(100 * time.Millisecond)
		default:
			go passOn(visitor, *target)
		}
	}
}

func passOn(visitor net.Conn, target string) {
	defer visitor.Close()
	host, err := net.DialTimeout("tcp", target, 10*time.Second)
	if err != nil {
		fmt.Fprintln(os.Stderr, "api-door:", err)
		return
	}
	defer host.Close()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{visitor, host}, {host, visitor}} {
		go func(from, to net.Conn) {
			_, _ = io.Copy(to, from)
			_ = to.(*net.TCPConn).CloseWrite()
			ended <- struct{}{}
		}(way[0], way[1])
	}
	<-ended
	<-ended
}
