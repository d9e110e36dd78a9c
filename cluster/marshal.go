package cluster

import (
	"bytes"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Marshal returns the file as YAML that Parse accepts.
func (f *File) Marshal() ([]byte, error) {
	var doc yaml.Node
	if err := doc.Encode(f); err != nil {
		return nil, fmt.Errorf("cluster file %s: %w", f.Path, err)
	}
	dropEmpty(&doc)
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&doc), enc.Close()); err != nil {
		return nil, fmt.Errorf("cluster file %s: %w", f.Path, err)
	}
	return b.Bytes(), nil
}

// dropEmpty removes the keys of unset addresses. The encoder's omitempty would remove every address, because it sees no
// exported field in it.
func dropEmpty(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		kept := n.Content[:0]
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k, v := n.Content[i], n.Content[i+1]; v.Kind != yaml.ScalarNode || v.Value != "" {
				kept = append(kept, k, v)
			}
		}
		n.Content = kept
	}
	for _, c := range n.Content {
		dropEmpty(c)
	}
}
