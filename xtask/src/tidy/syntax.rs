//! Rules for Rust files that need the parsed file.

use std::ops::RangeInclusive;
use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Signature, UseTree, Visibility};

use super::finding::Finding;
use super::source::is_test_file;

/// The longest function, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// A parsed file and where its inline test modules are.
pub(super) struct Outline {
    file: syn::File,
    /// First and last line of each `#[cfg(test)] mod x { .. }`.
    pub(super) test_modules: Vec<RangeInclusive<usize>>,
}

impl Outline {
    pub(super) fn parse(content: &str) -> Result<Self, Finding> {
        let file = syn::parse_file(content).map_err(|error| {
            Finding::error(error.span().start().line, format!("does not parse: {error}"))
        })?;
        let test_modules = file.items.iter().filter_map(test_module).collect();
        Ok(Self { file, test_modules })
    }
}

/// All rules.
pub(super) fn check(path: &Path, outline: &Outline) -> Vec<Finding> {
    let mut rules = Rules { findings: Vec::new() };
    rules.visit_file(&outline.file);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    if matches!(name, "lib.rs" | "mod.rs") && !is_test_file(path) {
        // The first one is enough to say it.
        rules.findings.extend(outline.file.items.iter().find_map(beside_the_index));
    }
    rules.findings
}

fn test_module(item: &Item) -> Option<RangeInclusive<usize>> {
    let Item::Mod(module) = item else { return None };
    let is_test = module.attrs.iter().any(|attribute| {
        let Ok(list) = attribute.meta.require_list() else { return false };
        list.path.is_ident("cfg") && list.tokens.to_string() == "test"
    });
    (is_test && module.content.is_some()).then(|| lines(module))
}

fn lines(node: &impl Spanned) -> RangeInclusive<usize> {
    let span = node.span();
    span.start().line..=span.end().line
}

/// `lib.rs` and `mod.rs` are an index: docs, `mod` lines and re-exports.
fn beside_the_index(item: &Item) -> Option<Finding> {
    let is_index = match item {
        Item::Use(_) => true,
        Item::Mod(module) => module.content.is_none() || test_module(item).is_some(),
        _ => false,
    };
    let line = *lines(item).start();
    (!is_index).then(|| Finding::error(line, INDEX))
}

const INDEX: &str = "lib.rs and mod.rs hold docs, mod and use lines only; code goes to x.rs";

struct Rules {
    findings: Vec<Finding>,
}

impl Rules {
    fn function(&mut self, signature: &Signature, block: &Block) {
        let (first, last) = (*lines(signature).start(), *lines(block).end());
        let count = last - first + 1;
        if count > FUNCTION_LINES_MAX {
            let name = &signature.ident;
            let what = format!("`{name}` has {count} lines, the limit is {FUNCTION_LINES_MAX}");
            self.findings.push(Finding::error(first, what));
        }
    }
}

impl<'ast> Visit<'ast> for Rules {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        for (name, instead) in [
            ("ignore", "a test that does not run; use WINGBEAT_SLOW for long forms"),
            ("should_panic", "assert the error value instead"),
        ] {
            if attribute.path().is_ident(name) {
                let line = *lines(attribute).start();
                self.findings.push(Finding::error(line, format!("#[{name}]: {instead}")));
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_private = matches!(item.vis, Visibility::Inherited);
        if !is_private && has_glob(&item.tree) {
            let what = "re-export by name: each public type has exactly one path";
            self.findings.push(Finding::error(*lines(item).start(), what));
        }
    }
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Glob(_) => true,
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}
