//! Integration, conformance and browser tests.
