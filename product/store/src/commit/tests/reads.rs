//! What the reading side makes of what was written.

use futures_util::StreamExt as _;

use super::*;
use crate::{ReadRequest, Selection};

fn names(store: &Store) -> Vec<String> {
    let all = store.list(&Selection::all()).unwrap();
    all.iter().map(|dataset| dataset.name().as_str().to_owned()).collect()
}

#[tokio::test]
async fn a_commit_is_listed_and_found_at_once() {
    let (_folder, store) = store();
    assert_eq!(names(&store), [""; 0]);
    for format in [Format::Parquet, Format::Arrow] {
        let options = StageOptions::default().with_format(format).with_upload_id("one");
        let name = format!("by/{format}");
        let commit = put(&store, &name, 1, options).await.unwrap();
        let dataset = store.find(&name).unwrap();
        assert_eq!(dataset.version(), commit.version);
        assert_eq!(dataset.rows(), Some(4));
        assert_eq!(dataset.bytes(), Some(commit.bytes));
        assert_eq!(dataset.format(), format);
        assert_eq!(dataset.schema(), &schema());
    }
    // Files that the store wrote into one folder stay datasets of their own.
    assert_eq!(names(&store), ["by/arrow", "by/parquet"]);
    store.drop("by/arrow", DropOptions::default()).await.unwrap();
    assert_eq!(names(&store), ["by/parquet"]);
    assert!(matches!(store.find("by/arrow"), Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_mark_sent_back_is_not_kept() {
    let (_folder, store) = store();
    let stale = [(MARK_KEY.to_owned(), "{}".to_owned()), ("kept".to_owned(), "yes".to_owned())];
    let sent = schema().as_ref().clone().with_metadata(stale.into_iter().collect());
    let mut staged =
        store.stage("trips", Arc::new(sent.clone()), StageOptions::default()).await.unwrap();
    staged.write(RecordBatch::new_empty(Arc::new(sent))).await.unwrap();
    let object = staged.finish().await.unwrap();
    store.commit(vec![object], None).await.unwrap();
    let kept = [("kept".to_owned(), "yes".to_owned())].into_iter().collect();
    assert_eq!(store.find("trips").unwrap().schema().metadata(), &kept);
}

#[tokio::test]
async fn an_upload_into_a_folder_dataset_is_a_dataset_of_its_own() {
    let (folder, store) = store();
    fs::create_dir(folder.path().join("trips")).unwrap();
    fs::write(folder.path().join("trips/a.csv"), "n\n1\n").unwrap();
    fs::write(folder.path().join("trips/b.csv"), "n\n2\n").unwrap();
    store.refresh().unwrap();
    let before = store.find("trips").unwrap().version().to_owned();
    put(&store, "trips/c", 3, StageOptions::default()).await.unwrap();
    put(&store, "trips/deep/er", 3, StageOptions::default()).await.unwrap();
    assert_eq!(names(&store), ["trips", "trips/c", "trips/deep/er"]);
    assert_eq!(store.find("trips").unwrap().version(), before);
    let over = put(&store, "trips", 3, StageOptions::default()).await.unwrap_err();
    assert!(matches!(over, StoreError::Protected { .. }), "{over}");
    let drop = store.drop("trips", DropOptions::default().with_explicit(true)).await.unwrap_err();
    assert!(drop.to_string().contains("no part of the dataset"), "{drop}");
}

#[tokio::test]
async fn a_dataset_beside_partitions_does_not_go_with_them() {
    let (folder, store) = store();
    fs::create_dir_all(folder.path().join("h/k=1")).unwrap();
    fs::write(folder.path().join("h/k=1/a.csv"), "n\n1\n").unwrap();
    fs::write(folder.path().join("h/beside.csv"), "n\n2\n").unwrap();
    store.refresh().unwrap();
    assert_eq!(names(&store), ["h", "h/beside"]);
    let force = DropOptions::default().with_explicit(true);
    let drop = store.drop("h", force.clone()).await.unwrap_err();
    assert!(drop.to_string().contains("beside.csv"), "{drop}");
    store.drop("h/beside", force.clone()).await.unwrap();
    store.drop("h", force).await.unwrap();
    assert_eq!(names(&store), [""; 0]);
}

async fn read(store: &Store, name: &str) -> (SchemaRef, Vec<RecordBatch>) {
    let request = ReadRequest::new(name);
    let planned = store.plan(&request).unwrap();
    let stream = store.read(planned.plan()).unwrap();
    let schema = stream.schema().clone();
    (schema, stream.map(Result::unwrap).collect().await)
}

#[tokio::test]
async fn every_type_that_lands_is_read_back_equal() {
    let (_folder, store) = store();
    let mut landed = [0, 0];
    for (index, (_, column)) in crate::write::tests::columns::columns().into_iter().enumerate() {
        let field = Field::new("c", column.data_type().clone(), true);
        let pairs = [("owner".to_owned(), "geese".to_owned())].into_iter().collect();
        let sent = Arc::new(Schema::new(vec![field]).with_metadata(pairs));
        let Ok(mut staged) =
            store.stage(&format!("t{index}"), sent.clone(), StageOptions::default()).await
        else {
            assert!(column.data_type().to_string().contains("\"\""), "{sent}");
            continue;
        };
        let whole = RecordBatch::try_new(sent.clone(), vec![column]).unwrap();
        staged.write(whole.clone()).await.unwrap();
        staged.write(whole.slice(0, 0)).await.unwrap();
        staged.write(whole.slice(1, whole.num_rows() - 1)).await.unwrap();
        let object = staged.finish().await.unwrap();
        let commit = store.commit(vec![object], None).await.unwrap();
        landed[usize::from(commit.format == Format::Arrow)] += 1;

        let (schema, batches) = read(&store, &format!("t{index}")).await;
        assert_eq!(schema, sent);
        assert!(batches.iter().all(|batch| batch.schema() == sent), "{sent}");
        let found = arrow_select::concat::concat_batches(&sent, &batches).unwrap();
        let rest = whole.slice(1, whole.num_rows() - 1);
        let expected = arrow_select::concat::concat_batches(&sent, &[whole, rest]).unwrap();
        assert_eq!(found, expected, "{sent}");
    }
    assert!(landed[0] > 70 && landed[1] > 15, "{landed:?}");
}
