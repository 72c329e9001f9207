package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	server "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// serverContext ends at the first SIGTERM or SIGINT.
func serverContext() context.Context { return server.SetupSignalContext() }

// directories makes each volume a directory below root, named so that a person can find it:
// <namespace>-<claim>-<volume>. The controller manager's own host-path provisioner can not be
// used: it writes to /tmp, which a reboot or a cleaner of old files empties.
type directories struct{ root string }

func (d directories) Provision(_ context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	claim := options.PVC
	name := fmt.Sprintf("%s-%s-%s", claim.Namespace, claim.Name, options.PVName)
	path := filepath.Join(d.root, name)
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// hostPath volumes know no fsGroup: without this, no pod user but root could write.
	if err := os.Chmod(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	kind := core.HostPathDirectory
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource: core.PersistentVolumeSource{
				HostPath: &core.HostPathVolumeSource{Path: path, Type: &kind},
			},
		},
	}, controller.ProvisioningFinished, nil
}

func (d directories) Delete(_ context.Context, volume *core.PersistentVolume) error {
	path := filepath.Clean(volume.Spec.HostPath.Path)
	if filepath.Dir(path) != filepath.Clean(d.root) || !strings.HasSuffix(path, volume.Name) {
		return errors.New("not below " + d.root + ", so not removed: " + path)
	}
	return os.RemoveAll(path)
}

func provision() int {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	root := flag.String("root", "", "directory below which volumes are made")
	name := flag.String("provisioner", "hubfleet.io/directory", "name that storage classes use")
	flag.Parse()
	if *root == "" || !filepath.IsAbs(*root) {
		fmt.Fprintln(os.Stderr, "hostpath-provisioner: --root needs an absolute path")
		return 2
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostpath-provisioner:", err)
		return 1
	}
	ctx := klog.NewContext(serverContext(), klog.Background())
	clients := kubernetes.NewForConfigOrDie(config)
	controller.NewProvisionController(ctx, clients, *name, directories{*root},
		controller.LeaderElection(false)).Run(ctx)
	return 0
}
