package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

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

// directories makes each volume a directory <root>/<namespace>/<claim>-<id>, so that a person can
// find it. A volume that Kubernetes deletes is moved to trash, with the date: a local cluster has no
// snapshots, and a claim deleted by mistake must not cost anybody's files. The controller manager's
// own host-path provisioner can not be used: it writes to /tmp and removes for good.
type directories struct{ root, trash string }

// ofACheck matches the claims that KubeSpawner makes for the temporary users of hubfleet's checks, in
// both of its ways to write a name (hubfleet/workflows/checks/temporary.py). Nobody's files are in them.
var ofACheck = regexp.MustCompile(`^claim-hubfleet-(check-|2dcheck-2d)[0-9a-f]{8}$`)

// idLength of the claim's UID keeps two claims of the same name apart in time.
const idLength = 8

func (d directories) Provision(_ context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	claim := options.PVC
	if len(claim.UID) < idLength {
		return nil, controller.ProvisioningFinished, fmt.Errorf("claim %s/%s has no usable UID: %q", claim.Namespace, claim.Name, claim.UID)
	}
	path := filepath.Join(d.root, folder(claim.Namespace, claim.Name, string(claim.UID)))
	if err := os.MkdirAll(path, 0o755); err != nil {
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

// folder of a claim's volume, below the root.
func folder(namespace, claim, uid string) string {
	return filepath.Join(namespace, claim+"-"+uid[:min(idLength, len(uid))])
}

// Delete moves the volume's directory to trash; an empty one, and that of a check, is removed. Asked again, it
// finds nothing to do.
func (d directories) Delete(_ context.Context, volume *core.PersistentVolume) error {
	path := filepath.Clean(volume.Spec.HostPath.Path)
	inside, err := filepath.Rel(d.root, path)
	if err != nil || strings.HasPrefix(inside, "..") || strings.Count(inside, "/") != 1 {
		return errors.New("not a volume below " + d.root + ", so left alone: " + path)
	}
	err = os.Remove(path) // succeeds only when it is empty
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if claim := volume.Spec.ClaimRef; claim != nil && ofACheck.MatchString(claim.Name) && inside == folder(claim.Namespace, claim.Name, string(claim.UID)) {
		return os.RemoveAll(path)
	}
	if err := os.MkdirAll(d.trash, 0o700); err != nil {
		return err
	}
	stamp := time.Now().UTC().Format("2006-01-02T15-04-05Z")
	return os.Rename(path, filepath.Join(d.trash, stamp+"-"+strings.ReplaceAll(inside, "/", "-")))
}

func provision() int {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	root := flag.String("root", "", "directory below which volumes are made")
	trash := flag.String("trash", "", "directory, on the same file system, to which deleted volumes are moved")
	name := flag.String("provisioner", "hubfleet.io/directory", "name that storage classes use")
	flag.Parse()
	if !filepath.IsAbs(*root) || !filepath.IsAbs(*trash) {
		fmt.Fprintln(os.Stderr, "hostpath-provisioner: --root and --trash need absolute paths")
		return 2
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostpath-provisioner:", err)
		return 1
	}
	ctx := klog.NewContext(serverContext(), klog.Background())
	clients := kubernetes.NewForConfigOrDie(config)
	controller.NewProvisionController(ctx, clients, *name,
		directories{filepath.Clean(*root), filepath.Clean(*trash)},
		controller.LeaderElection(false)).Run(ctx)
	return 0
}
