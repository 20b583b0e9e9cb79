//! Templates as the widget builder writes them, and what is wrong with others.

use serde_json::json;

use super::*;

fn file(template: &str) -> String {
    json!({"version": "1.0", "name": "Test", "template": template}).to_string()
}

fn build(template: &str, data: &Value) -> Result<Value, TemplateError> {
    WidgetTemplate::parse(&file(template))?.build(data).map(|widget| widget.0)
}

/// A card with one text, which is this expression.
fn text(expression: &str) -> String {
    format!(r#"{{"type":"Card","children":[{{"type":"Text","value":{expression}}}]}}"#)
}

#[test]
fn values_are_escaped_as_json() {
    let title = "\"}],\"x\":\\ \n<b>\u{2028}\u{1f600}";
    let widget = build(&text("{{ (task.title) | tojson }}"), &json!({"task": {"title": title}}));
    assert_eq!(
        widget.unwrap(),
        json!({"type": "Card", "children": [{"type": "Text", "value": title}]})
    );
}

#[test]
fn values_of_any_type_are_put_in() {
    let all = r#"{"type":"Basic","all":[{{ n | tojson }},{{ n }},{{ yes }},{{ none }},{{ list }},"{{ s }}"]}"#;
    let data = json!({"n": 1.5, "yes": true, "none": null, "list": [{"a": null}], "s": "s"});
    assert_eq!(
        build(all, &data).unwrap()["all"],
        json!([1.5, 1.5, true, null, [{"a": null}], "s"])
    );
}

#[test]
fn a_list_is_put_together_as_the_widget_builder_does_it() {
    let list = concat!(
        r#"{"type":"ListView","children":[{%- set _c -%}{%-for task in tasks -%}"#,
        r#",{"type":"ListViewItem","key":{{ (task.id) | tojson }}}{%-endfor-%}{%- endset -%}"#,
        r#"{{- (_c[1:] if _c and _c[0] == ',' else _c) -}}]}"#,
    );
    let keys = |ids: &[&str]| {
        let tasks: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        build(list, &json!({"tasks": tasks})).unwrap()["children"].clone()
    };
    assert_eq!(keys(&[]), json!([]));
    let item = |key: &str| json!({"type": "ListViewItem", "key": key});
    assert_eq!(keys(&["a", "\","]), json!([item("a"), item("\",")]));
}

#[test]
fn a_widget_without_data_is_built_from_none() {
    let template = WidgetTemplate::parse(&file(r#"{"type":"Card","children":[]}"#)).unwrap();
    assert_eq!(template.build(&()).unwrap().0, json!({"type": "Card", "children": []}));
}

#[test]
fn a_variable_that_is_not_there_is_an_error() {
    for expression in [
        "{{ title | tojson }}",
        "{{ title }}",
        "{{ task.title | tojson }}",
        "{{ [1, title] | tojson }}",
        "{{ {'a': title} | tojson }}",
        "\"{% if title %}a{% endif %}\"",
        "\"{% for part in title %}a{% endfor %}\"",
        "{{ title.length | tojson }}",
    ] {
        let error = build(&text(expression), &json!({"task": {}})).unwrap_err();
        assert!(matches!(error, TemplateError::Unrendered { .. }), "{expression}: {error:?}");
    }
}

#[test]
fn a_variable_that_is_asked_for_may_be_missing() {
    let expression = "{{ ('yes' if title is defined else 'no') | tojson }}";
    let widget = build(&text(expression), &json!({})).unwrap();
    assert_eq!(widget["children"][0]["value"], "no");
}

#[test]
fn another_version_is_refused() {
    for version in ["1.1", "2.0", ""] {
        let file = json!({"version": version, "name": "Test", "template": "{}"}).to_string();
        let error = WidgetTemplate::parse(&file).unwrap_err();
        assert!(matches!(&error, TemplateError::Version(is) if is == version), "{error:?}");
    }
}

#[test]
fn what_is_no_widget_file_is_refused() {
    for file in ["", "[]", "{}", r#"{"version": "1.0", "name": "Test"}"#] {
        let error = WidgetTemplate::parse(file).unwrap_err();
        assert!(matches!(error, TemplateError::Unreadable(_)), "{file}: {error:?}");
    }
    let error = WidgetTemplate::parse(&file("{{ oops")).unwrap_err();
    assert!(matches!(error, TemplateError::Malformed { .. }), "{error:?}");
}

#[test]
fn what_renders_to_no_widget_is_an_error() {
    let error = build(r#"{"type":"Card","children":[],}"#, &json!({})).unwrap_err();
    assert!(matches!(error, TemplateError::NotJson { .. }), "{error:?}");
    for no_root in ["[]", "{}", r#"{"type":"Text","value":"a"}"#, r#"{"type":1}"#] {
        let error = build(no_root, &json!({})).unwrap_err();
        assert!(matches!(error, TemplateError::NoRoot { .. }), "{no_root}: {error:?}");
    }
}

#[test]
fn name_and_schema_are_known() {
    let schema = json!({"type": "object", "required": ["title"]});
    let file = json!({
        "version": "1.0", "name": "Task", "template": "{}", "jsonSchema": schema,
        "outputJsonPreview": {}, "encodedWidget": "e30",
    });
    let template = WidgetTemplate::parse(&file.to_string()).unwrap();
    assert_eq!((template.name(), template.schema()), ("Task", schema.as_object().unwrap()));
}
