// Package monotime has the one constant that everything with a deadline in this module shares. Time is monotonic
// here: a time.Duration since an origin that stays the same for the life of a process.
package monotime

import (
	"math"
	"time"
)

// Never is a deadline that never fires.
const Never = time.Duration(math.MaxInt64)
