//! One statement each about what is accepted, what it becomes, and what is refused.
