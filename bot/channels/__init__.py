"""The doors through which applicants come; they translate, the core decides."""
